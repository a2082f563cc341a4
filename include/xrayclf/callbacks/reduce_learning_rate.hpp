#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "xrayclf/callbacks/monitor.hpp"
#include "xrayclf/core/fields.hpp"

namespace xrayclf {

struct ReduceLearningRateConfig {
  std::string monitor = "val_loss";
  MonitorMode mode = MonitorMode::automatic;
  double factor = 0.5;
  std::int64_t patience = 3;
  double min_delta = 1e-4;
  std::int64_t cooldown = 0;
  double min_learning_rate = 1e-7;

  template <class Field>
  static void fields(Field&& field) {
    using C = ReduceLearningRateConfig;
    field("monitor", &C::monitor, "Figure to watch, by its name in the history");
    field("mode", &C::mode, "Which way is better; auto decides by the name");
    field("factor", &C::factor, "The learning rate is multiplied by it",
          Check<double>{"in (0, 1)", [](double x) { return x > 0 && x < 1; }});
    field("patience", &C::patience,
          "Epochs without improvement before a reduction (one more with torch)",
          at_least(std::int64_t{0}), Unit{"epochs"});
    field("min_delta", &C::min_delta,
          "Smallest change that counts: absolute, or a fraction of the best with torch",
          at_least(0.0));
    field("cooldown", &C::cooldown, "Epochs after a reduction in which none is counted",
          at_least(std::int64_t{0}), Unit{"epochs"});
    field("min_learning_rate", &C::min_learning_rate, "The learning rate goes no lower",
          at_least(0.0));
  }
};

/// Reduces the learning rate when the monitored figure stands still: ReduceLROnPlateau of Keras or
/// of PyTorch as a state machine. With keras the cooldown is counted down before the test, so 1
/// acts as 0; at the minimum the count of bad epochs grows on.
class ReduceLearningRate {
 public:
  /// Throws ConfigError when the mode cannot be told from the monitor's name.
  ReduceLearningRate(ReduceLearningRateConfig config, CallbackSemantics semantics);

  /// Forgets everything: each phase starts anew.
  void begin_fit();
  /// The learning rate of the next epoch, given the monitored figure and this epoch's rate. Without
  /// a figure nothing changes.
  double end_epoch(std::optional<double> value, double learning_rate);

  std::int64_t wait() const { return wait_; }
  std::int64_t cooldown() const { return cooldown_; }
  std::optional<double> best() const { return best_; }

  nlohmann::json state() const;
  /// Throws ModelError if `state` is not one of state()'s.
  void set_state(const nlohmann::json& state);

 private:
  double end_epoch_keras(double value, double learning_rate);
  double end_epoch_torch(double value, double learning_rate);

  ReduceLearningRateConfig config_;
  CallbackSemantics semantics_;
  Goal goal_;
  std::int64_t wait_ = 0;
  std::int64_t cooldown_ = 0;
  std::optional<double> best_;
};

}  // namespace xrayclf
