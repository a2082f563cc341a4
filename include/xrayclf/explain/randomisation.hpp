#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "xrayclf/explain/explainer.hpp"

namespace xrayclf {

/// How maps change as a network forgets.
struct RandomisationCascade {
  std::vector<std::string> stages;  ///< "head", "features.8", ...: randomised up to and with it
  /// similarity[stage][image]: rank correlation of the map with that of the trained network; NaN
  /// where a map is flat.
  std::vector<std::vector<double>> similarity;
};

/// The cascading test of "Sanity Checks for Saliency Maps" (Adebayo et al. 2018): weights are
/// randomised from the head downwards, stage by stage, and maps of the same classes are compared
/// with the trained network's. A map that stays alike does not show what the network has learnt.
/// Each parameter's values are shuffled among themselves, a function of the explainer's seed and
/// the parameter's place: signals keep their strength, which a fresh start would let die behind
/// trained batch statistics. Raw maps larger than 64 pixels a side are reduced to that before
/// comparison. Works on a copy of the network.
RandomisationCascade randomise_weights(const Explainer& explainer, const torch::Tensor& input,
                                       const std::vector<std::int64_t>& classes,
                                       const torch::Device& device);

/// Spearman's rank correlation of the values of two maps of one size; ties get their mean rank. NaN
/// where one is flat.
double rank_correlation(const cv::Mat& a, const cv::Mat& b);

}  // namespace xrayclf
