#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <torch/torch.h>

#include "xrayclf/model/network.hpp"

namespace xrayclf {

/// A running mean of a network's trained weights (Polyak averaging with exponential memory). At
/// step t the memory is min(decay, (1 + t) / (10 + t)), as TensorFlow's ExponentialMovingAverage
/// with num_updates. Statistics of normalisations are not averaged: they are taken as they are.
class Ema {
 public:
  /// Starts from the trained parameters as they are.
  Ema(Network& network, double decay);

  /// After the optimiser's step `step`, counted from 1.
  void update(std::int64_t step);
  /// Exchanges the network's weights for the means, or back.
  void swap();
  /// The means by parameter name; while swapped, the network's own weights.
  const std::map<std::string, torch::Tensor>& values() const { return values_; }
  /// Throws ModelError if a value is missing or of another shape.
  void set_values(const std::map<std::string, torch::Tensor>& values);

 private:
  double decay_;
  std::map<std::string, torch::Tensor> parameters_;
  std::map<std::string, torch::Tensor> values_;
};

}  // namespace xrayclf
