#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "xrayclf/training/config.hpp"

namespace xrayclf {

/// Adam (Kingma & Ba 2015) in Keras' and in PyTorch's form, by LibTorch's fused kernel, which
/// torch::optim::Adam does not offer. Its state is kept by parameter name.
class Adam {
 public:
  struct Slot {
    std::string name;
    torch::Tensor parameter;
    torch::Tensor mean;    ///< exponential mean of gradients
    torch::Tensor square;  ///< exponential mean of squared gradients
  };

  /// Takes those of `parameters` that require a gradient.
  Adam(const torch::OrderedDict<std::string, torch::Tensor>& parameters,
       const OptimizerConfig& config);

  /// Drops all gradients.
  void zero_grad();
  /// One update from the gradients; a parameter without one stays.
  void step();

  void set_learning_rate(double rate) { config_.learning_rate = rate; }
  double learning_rate() const { return config_.learning_rate; }
  std::int64_t steps() const { return steps_; }
  const std::vector<Slot>& slots() const { return slots_; }

 private:
  OptimizerConfig config_;
  std::vector<Slot> slots_;
  std::int64_t steps_ = 0;
};

}  // namespace xrayclf
