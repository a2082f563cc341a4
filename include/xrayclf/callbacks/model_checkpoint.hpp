#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "xrayclf/callbacks/monitor.hpp"
#include "xrayclf/core/fields.hpp"

namespace xrayclf {

struct ModelCheckpointConfig {
  std::string monitor = "val_accuracy";
  MonitorMode mode = MonitorMode::automatic;
  bool save_best_only = true;
  std::vector<double> initial_value_threshold;

  template <class Field>
  static void fields(Field&& field) {
    using C = ModelCheckpointConfig;
    field("monitor", &C::monitor, "Figure that decides which epoch is best");
    field("mode", &C::mode, "Which way is better; auto decides by the name");
    field("save_best_only", &C::save_best_only, "Take an epoch only when it is the best so far");
    field("initial_value_threshold", &C::initial_value_threshold,
          "Value that the first epoch taken must beat",
          Check<std::vector<double>>{"one number at most",
                                     [](const std::vector<double>& x) { return x.size() <= 1; }});
  }
};

/// Says whether an epoch becomes the best checkpoint: Keras's ModelCheckpoint as a state machine.
/// Only a strict improvement counts. The best value outlives a phase: a second one must beat the
/// first.
class ModelCheckpoint {
 public:
  /// Throws ConfigError when the mode cannot be told from the monitor's name.
  ModelCheckpoint(ModelCheckpointConfig config, CallbackSemantics semantics);

  /// Whether to save this epoch. Without the figure keras-3 saves, the others do not.
  bool end_epoch(std::optional<double> value);

  std::optional<double> best() const { return best_; }

  nlohmann::json state() const;
  /// The state of a phase that watched another figure is left aside: there is no comparing the two.
  /// Throws ModelError if `state` is not one of state()'s.
  void set_state(const nlohmann::json& state);

 private:
  ModelCheckpointConfig config_;
  CallbackSemantics semantics_;
  Goal goal_;
  std::optional<double> best_;
};

}  // namespace xrayclf
