#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

#include "xrayclf/callbacks/early_stopping.hpp"
#include "xrayclf/callbacks/model_checkpoint.hpp"
#include "xrayclf/callbacks/monitor.hpp"
#include "xrayclf/callbacks/reduce_learning_rate.hpp"

namespace xrayclf {

/// The callbacks' defaults are those of the reference study.
struct CallbacksConfig {
  CallbackSemantics semantics = CallbackSemantics::keras_2;
  EarlyStoppingConfig early_stopping;
  ReduceLearningRateConfig reduce_learning_rate;
  ModelCheckpointConfig model_checkpoint;
  bool stop_on_nan = true;

  template <class Field>
  static void fields(Field&& field) {
    using C = CallbacksConfig;
    field("semantics", &C::semantics, "Whose rules the callbacks follow");
    field("early_stopping", &C::early_stopping, "When to stop");
    field("reduce_learning_rate", &C::reduce_learning_rate,
          "When the learning rate falls, with the schedule plateau");
    field("model_checkpoint", &C::model_checkpoint, "Which epoch is the best checkpoint");
    field("stop_on_nan", &C::stop_on_nan, "Stop when a batch's loss is not finite");
  }
};

/// Whether the learning rate follows the plateau callback or a schedule of its own.
enum class LearningRateControl { plateau, schedule };

/// What to do after an epoch, in this order: save the checkpoint, keep the weights, set the rate,
/// stop. Keras 2 restores the best weights before it saves, so that the checkpoint of the stopping
/// epoch can hold another epoch's weights; in the order here it cannot.
struct EpochDecision {
  bool save_best = false;
  bool keep_weights = false;
  double learning_rate = 0;  ///< of the next epoch
  bool stop = false;
};

/// The callbacks of a run: values in, decisions out, no side effect but a warning when a monitored
/// figure is missing.
class Callbacks {
 public:
  /// Throws ConfigError when a mode cannot be told from a monitor's name.
  Callbacks(const CallbacksConfig& config, LearningRateControl control);

  /// A phase begins. The best checkpoint's value stays, the rest starts anew.
  void begin_fit();
  /// `epoch` counts from 0 within the phase.
  EpochDecision end_epoch(std::int64_t epoch, const EpochFigures& figures, double learning_rate);
  /// Whether a batch's loss ends the run (NaN or infinite).
  bool must_stop_at(double batch_loss) const;
  /// The epoch whose weights the model takes when the phase has ended, if any.
  std::optional<std::int64_t> epoch_to_restore() const;

  const EarlyStopping& early_stopping() const { return early_stopping_; }
  const ReduceLearningRate& reduce_learning_rate() const { return reduce_learning_rate_; }
  const ModelCheckpoint& model_checkpoint() const { return model_checkpoint_; }

  /// Everything that a resumed run needs to decide as the uninterrupted one.
  nlohmann::json state() const;
  /// Throws ModelError if `state` is not one of state()'s.
  void set_state(const nlohmann::json& state);

 private:
  std::optional<double> monitored(const EpochFigures& figures, const std::string& name);

  CallbacksConfig config_;
  LearningRateControl control_;
  EarlyStopping early_stopping_;
  ReduceLearningRate reduce_learning_rate_;
  ModelCheckpoint model_checkpoint_;
  std::set<std::string> missing_;  ///< monitors already warned about
};

}  // namespace xrayclf
