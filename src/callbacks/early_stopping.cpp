#include "xrayclf/callbacks/early_stopping.hpp"

#include "state_json.hpp"

namespace xrayclf {

EarlyStopping::EarlyStopping(EarlyStoppingConfig config, CallbackSemantics semantics)
    : config_(std::move(config)),
      semantics_(semantics),
      goal_(monitor_goal(config_.monitor, config_.mode, semantics, CallbackKind::early_stopping)) {
  begin_fit();
}

void EarlyStopping::begin_fit() {
  wait_ = 0;
  stopped_epoch_ = 0;
  stopped_ = false;
  best_ = worst_value(goal_, semantics_);
  kept_epoch_.reset();
}

EarlyStoppingDecision EarlyStopping::end_epoch(std::int64_t epoch, std::optional<double> value) {
  EarlyStoppingDecision decision;
  if (!value || epoch < config_.start_from_epoch) return decision;
  const auto better_than = [&](const std::optional<double>& reference) {
    return is_improvement(*value, reference, config_.min_delta, goal_, semantics_,
                          DeltaRule::shift_value);
  };
  ++wait_;
  decision.improved = better_than(best_);
  // The first epoch's weights are kept even when its value is no improvement (NaN), so that there
  // is always something to restore.
  decision.keep_weights = config_.restore_best_weights && (decision.improved || !kept_epoch_);
  if (decision.keep_weights) kept_epoch_ = epoch;
  if (decision.improved) {
    best_ = *value;
    if (config_.baseline.empty() || better_than(config_.baseline.front())) wait_ = 0;
  } else if (wait_ >= config_.patience && epoch > 0) {
    decision.stop = true;
    stopped_ = true;
    stopped_epoch_ = epoch;
  }
  return decision;
}

std::optional<std::int64_t> EarlyStopping::epoch_to_restore() const {
  if (!stopped_ && semantics_ != CallbackSemantics::keras_3) return std::nullopt;
  return kept_epoch_;
}

nlohmann::json EarlyStopping::state() const {
  return {{"wait", wait_},
          {"best", state_json::from_number(best_)},
          {"stopped", stopped_},
          {"stopped_epoch", stopped_epoch_},
          {"kept_epoch", state_json::from_integer(kept_epoch_)}};
}

void EarlyStopping::set_state(const nlohmann::json& state) {
  state_json::read("early stopping", [&] {
    const auto wait = state.at("wait").get<std::int64_t>();
    const auto best = state_json::to_number(state.at("best"));
    const auto stopped = state.at("stopped").get<bool>();
    const auto stopped_epoch = state.at("stopped_epoch").get<std::int64_t>();
    kept_epoch_ = state_json::to_integer(state.at("kept_epoch"));
    wait_ = wait;
    best_ = best;
    stopped_ = stopped;
    stopped_epoch_ = stopped_epoch;
  });
}

}  // namespace xrayclf
