#pragma once

#include <cstdint>
#include <vector>

#include <torch/torch.h>

#include "xrayclf/training/config.hpp"

namespace xrayclf {

/// One weight a class from the training targets: all 1, or balanced: n / (classes * n_class), as
/// scikit-learn's "balanced". A class without images has weight 0.
std::vector<double> class_weights(const std::vector<std::int64_t>& targets, std::int64_t classes,
                                  ClassWeights kind);

/// Cross-entropy of logits [N, classes] against class indices [N], weighted by class, as one
/// number. `weights` has the logits' type.
torch::Tensor weighted_cross_entropy(const torch::Tensor& logits, const torch::Tensor& targets,
                                     const torch::Tensor& weights, LossReduction reduction);

}  // namespace xrayclf
