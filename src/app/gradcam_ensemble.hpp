#pragma once

#include <vector>

#include "xrayclf/app/gradcam.hpp"
#include "xrayclf/explain/image_explainer.hpp"
#include "xrayclf/inference/ensemble.hpp"

namespace xrayclf {

/// What each voice of an ensemble saw of a batch of N images.
struct EnsembleLook {
  std::vector<Look> voices;     ///< checkpoint by checkpoint, view by view
  torch::Tensor probabilities;  ///< [N, K] float64, averaged as predict does
};

/// Maps of checkpoints and views as one: the mean of their heat, each normalised by itself so that
/// no network is louder than another, by the ensemble's weights; a mirrored view's map is mirrored
/// back. Raw maps are averaged likewise, at the first one's size.
class EnsembleExplainer {
 public:
  /// Throws ConfigError for a layer that one of the networks does not have, ModelError unless all
  /// want images prepared alike.
  EnsembleExplainer(const GradcamConfig& config, const Ensemble& ensemble,
                    const torch::Device& device);

  EnsembleLook look(const std::vector<cv::Mat>& prepared) const;
  std::vector<ClassMap> maps(const EnsembleLook& look,
                             const std::vector<std::int64_t>& classes) const;
  /// Of the first checkpoint; all prepare and lay over alike.
  const ImageExplainer& first() const { return members_.front(); }

 private:
  const Ensemble& ensemble_;
  std::vector<ImageExplainer> members_;
};

}  // namespace xrayclf
