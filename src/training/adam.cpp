#include "xrayclf/training/adam.hpp"

#include <cmath>

namespace xrayclf {

Adam::Adam(const torch::OrderedDict<std::string, torch::Tensor>& parameters,
           const OptimizerConfig& config)
    : config_(config) {
  for (const auto& item : parameters) {
    if (!item.value().requires_grad()) continue;
    const torch::Tensor& parameter = item.value();
    slots_.push_back({item.key(), parameter, torch::zeros_like(parameter.detach()),
                      torch::zeros_like(parameter.detach())});
  }
}

void Adam::zero_grad() {
  for (Slot& slot : slots_) slot.parameter.mutable_grad().reset();
}

void Adam::step() {
  const torch::NoGradGuard no_grad;
  ++steps_;
  std::vector<torch::Tensor> parameters, gradients, means, squares, counts;
  for (Slot& slot : slots_) {
    if (!slot.parameter.grad().defined()) continue;
    parameters.push_back(slot.parameter);
    gradients.push_back(slot.parameter.grad());
    means.push_back(slot.mean);
    squares.push_back(slot.square);
    counts.push_back(torch::full({}, static_cast<double>(steps_),
                                 slot.parameter.options().dtype(torch::kFloat32)));
  }
  if (parameters.empty()) return;
  // The kernel is PyTorch's form. Keras' is the same with epsilon / sqrt(1 - beta2^t).
  double epsilon = config_.epsilon;
  if (config_.form == AdamForm::keras) {
    epsilon /= std::sqrt(1.0 - std::pow(config_.beta2, static_cast<double>(steps_)));
  }
  at::_fused_adam_(parameters, gradients, means, squares, /*max_exp_avg_sqs=*/{}, counts,
                   config_.learning_rate, config_.beta1, config_.beta2, /*weight_decay=*/0.0,
                   epsilon, /*amsgrad=*/false, /*maximize=*/false);
}

}  // namespace xrayclf
