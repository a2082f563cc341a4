#include "xrayclf/training/loss.hpp"

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
  return weights;
}

torch::Tensor weighted_cross_entropy(const torch::Tensor& logits, const torch::Tensor& targets,
                                     const torch::Tensor& weights, LossReduction reduction) {
  using torch::nn::functional::CrossEntropyFuncOptions;
  CrossEntropyFuncOptions options;
  options.weight(weights);
  if (reduction == LossReduction::torch) {
    return torch::nn::functional::cross_entropy(logits, targets, options.reduction(torch::kMean));
  }
  return torch::nn::functional::cross_entropy(logits, targets, options.reduction(torch::kSum)) /
         static_cast<double>(logits.size(0));
}

}  // namespace xrayclf
