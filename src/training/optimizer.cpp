#include "xrayclf/training/optimizer.hpp"

#include <cmath>
#include <utility>

#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {

/// The unit of the backbone that holds a parameter, or unit_count() for the head.
std::int64_t unit_of(const Network& network, const std::string& parameter) {
  for (std::int64_t i = 0; i < network.unit_count(); ++i) {
    if (parameter.rfind(network.unit_name(i) + ".", 0) == 0) return i;
  }
  return network.unit_count();
}

double rate_factor(const Network& network, const std::string& name, const OptimizerConfig& config) {
  const std::int64_t unit = unit_of(network, name);
  if (unit == network.unit_count()) return config.head_factor;
  return std::pow(config.block_factor, static_cast<double>(network.unit_count() - 1 - unit));
}

}  // namespace

Optimizer::Optimizer(Network& network, const OptimizerConfig& config) : config_(config) {
  for (const auto& item : network.named_parameters()) {
    if (!item.value().requires_grad()) continue;
    Slot slot;
    slot.name = item.key();
    slot.parameter = item.value();
    slot.mean = torch::zeros_like(slot.parameter.detach());
    if (config.kind != OptimizerKind::sgd) slot.square = torch::zeros_like(slot.mean);
    slot.rate_factor = rate_factor(network, slot.name, config);
    // Biases and the scales of normalisations are the parameters of one dimension.
    const bool decays = config.decay_norm_and_bias || slot.parameter.dim() > 1;
    slot.weight_decay = decays ? config.weight_decay : 0.0;
    slots_.push_back(std::move(slot));
  }
}

void Optimizer::zero_grad() {
  for (Slot& slot : slots_) slot.parameter.mutable_grad().reset();
}

void Optimizer::clip_gradients() {
  torch::Tensor squares;
  for (const Slot& slot : slots_) {
    if (!slot.parameter.grad().defined()) continue;
    const torch::Tensor own = slot.parameter.grad().square().sum();
    squares = squares.defined() ? squares + own : own;
  }
  if (!squares.defined()) return;
  const torch::Tensor factor = (config_.clip_norm / (squares.sqrt() + 1e-6)).clamp_max(1.0);
  for (const Slot& slot : slots_) {
    if (slot.parameter.grad().defined()) slot.parameter.grad().mul_(factor);
  }
}

void Optimizer::step() {
  const torch::NoGradGuard no_grad;
  ++steps_;
  if (config_.clip_norm > 0) clip_gradients();
  // A kernel takes one rate and one decay: one call for each pair of them.
  std::map<std::pair<double, double>, std::vector<Slot*>> groups;
  for (Slot& slot : slots_) {
    if (slot.parameter.grad().defined()) {
      groups[{slot.rate_factor, slot.weight_decay}].push_back(&slot);
    }
  }
  for (const auto& group : groups) update(group.second);
}

void Optimizer::update(const std::vector<Slot*>& group) {
  std::vector<torch::Tensor> parameters, gradients, means, squares, counts;
  for (Slot* slot : group) {
    parameters.push_back(slot->parameter);
    gradients.push_back(slot->parameter.grad());
    means.push_back(slot->mean);
    if (!slot->square.defined()) continue;
    squares.push_back(slot->square);
    counts.push_back(torch::full({}, static_cast<double>(steps_),
                                 slot->parameter.options().dtype(torch::kFloat32)));
  }
  const double rate = config_.learning_rate * group.front()->rate_factor;
  const double decay = group.front()->weight_decay;
  if (config_.kind == OptimizerKind::sgd) {
    if (config_.momentum == 0) means.clear();
    at::_fused_sgd_(parameters, gradients, means, decay, config_.momentum, rate, /*dampening=*/0.0,
                    /*nesterov=*/config_.momentum > 0, /*maximize=*/false,
                    /*is_first_step=*/steps_ == 1);
    return;
  }
  // The kernel is PyTorch's form. Keras' is the same with epsilon / sqrt(1 - beta2^t).
  double epsilon = config_.epsilon;
  if (config_.form == AdamForm::keras) {
    epsilon /= std::sqrt(1.0 - std::pow(config_.beta2, static_cast<double>(steps_)));
  }
  const bool no_flag = false;  // neither amsgrad nor maximize
  if (config_.kind == OptimizerKind::adamw) {
    at::_fused_adamw_(parameters, gradients, means, squares, /*max_exp_avg_sqs=*/{}, counts, rate,
                      config_.beta1, config_.beta2, decay, epsilon, no_flag, no_flag);
  } else {
    at::_fused_adam_(parameters, gradients, means, squares, /*max_exp_avg_sqs=*/{}, counts, rate,
                     config_.beta1, config_.beta2, decay, epsilon, no_flag, no_flag);
  }
}

std::map<std::string, torch::Tensor> Optimizer::state() const {
  std::map<std::string, torch::Tensor> state;
  for (const Slot& slot : slots_) {
    state["mean/" + slot.name] = slot.mean;
    if (slot.square.defined()) state["square/" + slot.name] = slot.square;
  }
  return state;
}

void Optimizer::set_state(const std::map<std::string, torch::Tensor>& state, std::int64_t steps) {
  const auto copy = [&](const std::string& name, torch::Tensor& to) {
    if (!to.defined()) return;
    const auto found = state.find(name);
    if (found == state.end() || found->second.sizes() != to.sizes()) {
      throw ModelError("the optimiser's state has no fitting '" + name + "'");
    }
    to.copy_(found->second);
  };
  for (Slot& slot : slots_) {
    copy("mean/" + slot.name, slot.mean);
    copy("square/" + slot.name, slot.square);
  }
  steps_ = steps;
}

}  // namespace xrayclf
