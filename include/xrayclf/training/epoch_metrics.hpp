#pragma once

#include <cstdint>
#include <vector>

#include <torch/torch.h>

#include "xrayclf/training/history.hpp"

namespace xrayclf {

/// Figures of a pass over `targets.size()` images: from the sum of their losses, their logits (rows
/// of all batches in order, on the CPU), and their class indices.
EpochMetrics epoch_metrics(double loss_sum, const std::vector<torch::Tensor>& logits,
                           const std::vector<std::int64_t>& targets, std::int64_t classes);

}  // namespace xrayclf
