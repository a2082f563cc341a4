#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include <torch/torch.h>

#include "xrayclf/core/fields.hpp"

namespace xrayclf {

/// How unlike the calibration's images an image is; larger is stranger.
enum class OodScore {
  mahalanobis,  ///< squared distance of the features to the nearest class mean (Lee et al. 2018)
  energy,       ///< -log sum exp of the logits (Liu et al. 2020)
};
template <>
struct EnumNames<OodScore> {
  static constexpr std::array<std::pair<OodScore, std::string_view>, 2> value{
      {{OodScore::mahalanobis, "mahalanobis"}, {OodScore::energy, "energy"}}};
};

/// Class means, and the inverse of the covariance that all classes share.
struct FeatureStatistics {
  torch::Tensor means;      ///< [K, C] float32
  torch::Tensor precision;  ///< [C, C] float32
};

/// From features [N, C] of images with these classes. The covariance within classes is shrunk
/// towards a multiple of the identity by Ledoit and Wolf (2004), so that it has an inverse with
/// fewer images than channels. A class without images has a mean at infinity.
FeatureStatistics fit_feature_statistics(const torch::Tensor& features,
                                         const std::vector<std::int64_t>& truth,
                                         std::int64_t classes);

/// [N] float64, from features [N, C].
torch::Tensor mahalanobis(const torch::Tensor& features, const FeatureStatistics& statistics);

/// [N] float64: the distance of each image by statistics fitted without its fold (5 of them; images
/// of a group are in one). Distances of the fitted images themselves would be far too small.
torch::Tensor held_out_mahalanobis(const torch::Tensor& features,
                                   const std::vector<std::int64_t>& truth, std::int64_t classes,
                                   const std::vector<std::int64_t>& groups);

/// [N] float64, from logits [N, K].
torch::Tensor energy(const torch::Tensor& logits);

}  // namespace xrayclf
