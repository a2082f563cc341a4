#include "xrayclf/callbacks/reduce_learning_rate.hpp"

#include <algorithm>

#include "state_json.hpp"

namespace xrayclf {
namespace {

/// PyTorch's `eps`: a smaller change of the learning rate is left undone.
constexpr double kTorchSmallestChange = 1e-8;

}  // namespace

ReduceLearningRate::ReduceLearningRate(ReduceLearningRateConfig config, CallbackSemantics semantics)
    : config_(std::move(config)),
      semantics_(semantics),
      goal_(monitor_goal(config_.monitor, config_.mode, semantics,
                         CallbackKind::reduce_learning_rate)) {
  begin_fit();
}

void ReduceLearningRate::begin_fit() {
  wait_ = 0;
  cooldown_ = 0;
  best_ = worst_value(goal_, semantics_);
}

double ReduceLearningRate::end_epoch(std::optional<double> value, double learning_rate) {
  if (!value) return learning_rate;
  return semantics_ == CallbackSemantics::torch ? end_epoch_torch(*value, learning_rate)
                                                : end_epoch_keras(*value, learning_rate);
}

double ReduceLearningRate::end_epoch_keras(double value, double learning_rate) {
  if (cooldown_ > 0) {
    --cooldown_;
    wait_ = 0;
  }
  const DeltaRule rule =
      semantics_ == CallbackSemantics::keras_3 ? DeltaRule::shift_value : DeltaRule::shift_best;
  if (is_improvement(value, best_, config_.min_delta, goal_, semantics_, rule)) {
    best_ = value;
    wait_ = 0;
    return learning_rate;
  }
  if (cooldown_ > 0) return learning_rate;
  ++wait_;
  // Keras keeps the rate in float32, where 1e-7 is a little more than 1e-7.
  const bool can_fall =
      static_cast<float>(learning_rate) > static_cast<float>(config_.min_learning_rate);
  if (wait_ < config_.patience || !can_fall) return learning_rate;
  cooldown_ = config_.cooldown;
  wait_ = 0;
  return std::max(learning_rate * config_.factor, config_.min_learning_rate);
}

double ReduceLearningRate::end_epoch_torch(double value, double learning_rate) {
  if (is_improvement(value, best_, config_.min_delta, goal_, semantics_, DeltaRule::scale_best)) {
    best_ = value;
    wait_ = 0;
  } else {
    ++wait_;
  }
  if (cooldown_ > 0) {
    --cooldown_;
    wait_ = 0;
  }
  if (wait_ <= config_.patience) return learning_rate;
  cooldown_ = config_.cooldown;
  wait_ = 0;
  const double reduced = std::max(learning_rate * config_.factor, config_.min_learning_rate);
  return learning_rate - reduced > kTorchSmallestChange ? reduced : learning_rate;
}

nlohmann::json ReduceLearningRate::state() const {
  return {{"wait", wait_}, {"cooldown", cooldown_}, {"best", state_json::from_number(best_)}};
}

void ReduceLearningRate::set_state(const nlohmann::json& state) {
  state_json::read("the learning rate's reduction", [&] {
    const auto wait = state.at("wait").get<std::int64_t>();
    const auto cooldown = state.at("cooldown").get<std::int64_t>();
    best_ = state_json::to_number(state.at("best"));
    wait_ = wait;
    cooldown_ = cooldown;
  });
}

}  // namespace xrayclf
