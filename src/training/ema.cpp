#include "xrayclf/training/ema.hpp"

#include <algorithm>

#include "xrayclf/core/error.hpp"

namespace xrayclf {

Ema::Ema(Network& network, double decay) : decay_(decay) {
  for (const auto& item : network.named_parameters()) {
    if (!item.value().requires_grad()) continue;
    parameters_[item.key()] = item.value();
    values_[item.key()] = item.value().detach().clone();
  }
}

void Ema::update(std::int64_t step) {
  const torch::NoGradGuard no_grad;
  const auto t = static_cast<double>(step);
  const double memory = std::min(decay_, (1 + t) / (10 + t));
  for (auto& [name, value] : values_) value.lerp_(parameters_.at(name), 1 - memory);
}

void Ema::swap() {
  const torch::NoGradGuard no_grad;
  for (auto& [name, value] : values_) {
    const torch::Tensor kept = value.clone();
    value.copy_(parameters_.at(name));
    parameters_.at(name).copy_(kept);
  }
}

void Ema::set_values(const std::map<std::string, torch::Tensor>& values) {
  const torch::NoGradGuard no_grad;
  for (auto& [name, value] : values_) {
    const auto found = values.find(name);
    if (found == values.end() || found->second.sizes() != value.sizes()) {
      throw ModelError("the running mean of the weights has no fitting '" + name + "'");
    }
    value.copy_(found->second);
  }
}

}  // namespace xrayclf
