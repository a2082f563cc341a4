#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "xrayclf/model/network.hpp"
#include "xrayclf/training/config.hpp"

namespace xrayclf {

/// Adam (Kingma & Ba 2015) in Keras' and in PyTorch's form, AdamW, and SGD with Nesterov momentum,
/// by LibTorch's fused kernels, which torch::optim does not offer. State is kept by parameter name.
class Optimizer {
 public:
  struct Slot {
    std::string name;
    torch::Tensor parameter;
    torch::Tensor mean;    ///< exponential mean of gradients; momentum of SGD
    torch::Tensor square;  ///< exponential mean of squared gradients; undefined for SGD
    double rate_factor = 1;
    double weight_decay = 0;
  };

  /// Takes those of the network's parameters that require a gradient.
  Optimizer(Network& network, const OptimizerConfig& config);

  /// Drops all gradients.
  void zero_grad();
  /// One update from the gradients, which are shortened to clip_norm first; a parameter without one
  /// stays.
  void step();

  void set_learning_rate(double rate) { config_.learning_rate = rate; }
  double learning_rate() const { return config_.learning_rate; }
  std::int64_t steps() const { return steps_; }
  const std::vector<Slot>& slots() const { return slots_; }

  /// The moments as "mean/NAME" and "square/NAME"; with steps() they are the whole state.
  std::map<std::string, torch::Tensor> state() const;
  /// Throws ModelError if a moment is missing or of another shape.
  void set_state(const std::map<std::string, torch::Tensor>& state, std::int64_t steps);

 private:
  void clip_gradients();
  void update(const std::vector<Slot*>& group);

  OptimizerConfig config_;
  std::vector<Slot> slots_;
  std::int64_t steps_ = 0;
};

}  // namespace xrayclf
