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

/// Rows of probabilities [N, classes]: 1 at each class index.
torch::Tensor one_hot(const std::vector<std::int64_t>& targets, std::int64_t classes);

/// The loss of a batch as one number. `targets` are rows of probabilities [N, classes] (one_hot(),
/// or soft ones of mixed images), `weights` one a class; both of the logits' type and device. With
/// smoothed targets q = (1 - s) * t + s / classes and p = softmax(logits), an image's loss is
/// -sum_c q_c (1 - p_c)^gamma log p_c.
///   keras: times the weight sum_c t_c w_c of the image, summed, divided by N
///   torch: each class's term times w_c, summed, divided by the sum of the images' weights
/// Without smoothing and gamma both equal Keras' and PyTorch's weighted cross-entropy.
torch::Tensor classification_loss(const torch::Tensor& logits, const torch::Tensor& targets,
                                  const torch::Tensor& weights, const LossConfig& config);

}  // namespace xrayclf
