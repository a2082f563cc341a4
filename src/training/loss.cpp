#include "xrayclf/training/loss.hpp"

#include <cmath>

namespace xrayclf {

std::vector<double> class_weights(const std::vector<std::int64_t>& targets, std::int64_t classes,
                                  ClassWeights kind) {
  std::vector<double> weights(static_cast<std::size_t>(classes), 1.0);
  if (kind == ClassWeights::none) return weights;
  std::vector<std::int64_t> counts(weights.size(), 0);
  for (const std::int64_t target : targets) ++counts[static_cast<std::size_t>(target)];
  for (std::size_t c = 0; c < weights.size(); ++c) {
    weights[c] = counts[c] == 0 ? 0.0
                                : static_cast<double>(targets.size()) /
                                      static_cast<double>(classes * counts[c]);
  }
  if (kind == ClassWeights::square_root) {
    for (double& weight : weights) weight = std::sqrt(weight);
  }
  return weights;
}

torch::Tensor one_hot(const std::vector<std::int64_t>& targets, std::int64_t classes) {
  return torch::one_hot(torch::tensor(targets, torch::kLong), classes);
}

torch::Tensor classification_loss(const torch::Tensor& logits, const torch::Tensor& targets,
                                  const torch::Tensor& weights, const LossConfig& config) {
  const torch::Tensor log_probabilities = torch::log_softmax(logits, 1);
  const torch::Tensor image_weights = targets.matmul(weights);
  torch::Tensor terms =
      -log_probabilities * (targets * (1 - config.label_smoothing) +
                            config.label_smoothing / static_cast<double>(logits.size(1)));
  if (config.focal_gamma > 0) {
    terms = terms * (1 - log_probabilities.exp()).clamp_min(0).pow(config.focal_gamma);
  }
  if (config.reduction == LossReduction::keras) {
    return (terms.sum(1) * image_weights).sum() / static_cast<double>(logits.size(0));
  }
  return (terms * weights).sum() / image_weights.sum();
}

}  // namespace xrayclf
