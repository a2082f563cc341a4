#include "xrayclf/callbacks/callbacks.hpp"

#include <cmath>
#include <vector>

#include <spdlog/spdlog.h>

#include "state_json.hpp"

namespace xrayclf {

Callbacks::Callbacks(const CallbacksConfig& config, LearningRateControl control)
    : config_(config),
      control_(control),
      early_stopping_(config.early_stopping, config.semantics),
      reduce_learning_rate_(config.reduce_learning_rate, config.semantics),
      model_checkpoint_(config.model_checkpoint, config.semantics) {}

void Callbacks::begin_fit() {
  early_stopping_.begin_fit();
  reduce_learning_rate_.begin_fit();
}

EpochDecision Callbacks::end_epoch(std::int64_t epoch, const EpochFigures& figures,
                                   double learning_rate) {
  EpochDecision decision;
  decision.learning_rate = learning_rate;
  decision.save_best =
      model_checkpoint_.end_epoch(monitored(figures, config_.model_checkpoint.monitor));
  if (config_.early_stopping.enabled) {
    const EarlyStoppingDecision stopping =
        early_stopping_.end_epoch(epoch, monitored(figures, config_.early_stopping.monitor));
    decision.keep_weights = stopping.keep_weights;
    decision.stop = stopping.stop;
  }
  if (control_ == LearningRateControl::plateau) {
    decision.learning_rate = reduce_learning_rate_.end_epoch(
        monitored(figures, config_.reduce_learning_rate.monitor), learning_rate);
  }
  return decision;
}

bool Callbacks::must_stop_at(double batch_loss) const {
  return config_.stop_on_nan && !std::isfinite(batch_loss);
}

std::optional<std::int64_t> Callbacks::epoch_to_restore() const {
  return early_stopping_.epoch_to_restore();
}

std::optional<double> Callbacks::monitored(const EpochFigures& figures, const std::string& name) {
  const std::optional<double> value = find_figure(figures, name);
  if (!value && missing_.insert(name).second) {
    std::vector<std::string> known;
    for (const auto& figure : figures) known.push_back(figure.first);
    spdlog::warn("the monitored figure '{}' is not among those of an epoch ({})", printable(name),
                 join(known));
  }
  return value;
}

nlohmann::json Callbacks::state() const {
  return {{"early_stopping", early_stopping_.state()},
          {"reduce_learning_rate", reduce_learning_rate_.state()},
          {"model_checkpoint", model_checkpoint_.state()}};
}

void Callbacks::set_state(const nlohmann::json& state) {
  state_json::read("the callbacks", [&] {
    early_stopping_.set_state(state.at("early_stopping"));
    reduce_learning_rate_.set_state(state.at("reduce_learning_rate"));
    model_checkpoint_.set_state(state.at("model_checkpoint"));
  });
}

}  // namespace xrayclf
