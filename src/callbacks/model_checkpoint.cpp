#include "xrayclf/callbacks/model_checkpoint.hpp"

#include "state_json.hpp"

namespace xrayclf {

ModelCheckpoint::ModelCheckpoint(ModelCheckpointConfig config, CallbackSemantics semantics)
    : config_(std::move(config)),
      semantics_(semantics),
      goal_(
          monitor_goal(config_.monitor, config_.mode, semantics, CallbackKind::model_checkpoint)) {
  best_ = config_.initial_value_threshold.empty()
              ? worst_value(goal_, semantics_)
              : std::optional<double>(config_.initial_value_threshold.front());
}

bool ModelCheckpoint::end_epoch(std::optional<double> value) {
  if (!config_.save_best_only) return true;
  if (!value) return semantics_ == CallbackSemantics::keras_3;
  if (!is_improvement(*value, best_, 0.0, goal_, semantics_, DeltaRule::shift_value)) return false;
  best_ = *value;
  return true;
}

nlohmann::json ModelCheckpoint::state() const {
  return {{"monitor", config_.monitor}, {"best", state_json::from_number(best_)}};
}

void ModelCheckpoint::set_state(const nlohmann::json& state) {
  state_json::read("the best checkpoint", [&] {
    if (state.at("monitor").get<std::string>() != config_.monitor) return;
    best_ = state_json::to_number(state.at("best"));
  });
}

}  // namespace xrayclf
