#pragma once

#include <cstdint>

#include <torch/torch.h>

#include "xrayclf/training/optimizer.hpp"

namespace xrayclf {

/// Keeps small gradients of float16 arithmetic from becoming 0: the loss is multiplied by a scale
/// that halves whenever a gradient overflows, that step being left out, and doubles after 2000 good
/// steps. The rules and numbers of PyTorch's torch.amp.GradScaler, with a scale of 65536 at first.
class GradientScaler {
 public:
  struct State {
    double scale = 65536;
    std::int64_t good_steps = 0;     ///< since the scale last changed
    std::int64_t skipped_steps = 0;  ///< in all
  };

  explicit GradientScaler(const State& state) : state_(state) {}

  torch::Tensor scale(const torch::Tensor& loss) const { return loss * state_.scale; }
  /// Divides the optimiser's gradients by the scale. Returns whether all are finite, that is
  /// whether the step may be taken, and moves the scale.
  bool unscale(Optimizer& optimizer);

  const State& state() const { return state_; }

 private:
  State state_;
};

}  // namespace xrayclf
