#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "xrayclf/callbacks/monitor.hpp"
#include "xrayclf/core/fields.hpp"

namespace xrayclf {

struct EarlyStoppingConfig {
  bool enabled = true;
  std::string monitor = "val_loss";
  MonitorMode mode = MonitorMode::automatic;
  std::int64_t patience = 5;
  double min_delta = 0;
  bool restore_best_weights = true;
  std::int64_t start_from_epoch = 0;
  std::vector<double> baseline;

  template <class Field>
  static void fields(Field&& field) {
    using C = EarlyStoppingConfig;
    field("enabled", &C::enabled, "Stop when the monitored figure no longer improves");
    field("monitor", &C::monitor, "Figure to watch, by its name in the history");
    field("mode", &C::mode, "Which way is better; auto decides by the name");
    field("patience", &C::patience, "Epochs without improvement before the stop",
          at_least(std::int64_t{0}), Unit{"epochs"});
    field("min_delta", &C::min_delta, "Smallest change that counts", at_least(0.0));
    field("restore_best_weights", &C::restore_best_weights,
          "End with the weights of the best epoch");
    field("start_from_epoch", &C::start_from_epoch, "Epochs ignored at first",
          at_least(std::int64_t{0}), Unit{"epochs"});
    field("baseline", &C::baseline, "Value that must be beaten for patience to start anew",
          Check<std::vector<double>>{"one number at most",
                                     [](const std::vector<double>& x) { return x.size() <= 1; }});
  }
};

struct EarlyStoppingDecision {
  bool improved = false;
  bool keep_weights = false;  ///< remember this epoch's weights as those to restore
  bool stop = false;
};

/// Stops a run whose monitored figure no longer improves: Keras's EarlyStopping as a state machine.
/// The caller keeps the weights; this says which epoch's to keep and to restore. Epochs count from
/// 0.
class EarlyStopping {
 public:
  /// Throws ConfigError when the mode cannot be told from the monitor's name.
  EarlyStopping(EarlyStoppingConfig config, CallbackSemantics semantics);

  /// Forgets everything: each phase starts anew.
  void begin_fit();
  /// `value` is the monitored figure; without one the epoch has no effect.
  EarlyStoppingDecision end_epoch(std::int64_t epoch, std::optional<double> value);
  /// The epoch whose weights the model takes now that training has ended, if any.
  std::optional<std::int64_t> epoch_to_restore() const;

  std::int64_t wait() const { return wait_; }
  std::optional<double> best() const { return best_; }
  /// The epoch that stopped, 0 while none did.
  std::int64_t stopped_epoch() const { return stopped_epoch_; }

  nlohmann::json state() const;
  /// Throws ModelError if `state` is not one of state()'s.
  void set_state(const nlohmann::json& state);

 private:
  EarlyStoppingConfig config_;
  CallbackSemantics semantics_;
  Goal goal_;
  std::int64_t wait_ = 0;
  std::int64_t stopped_epoch_ = 0;
  bool stopped_ = false;
  std::optional<double> best_;
  std::optional<std::int64_t> kept_epoch_;
};

}  // namespace xrayclf
