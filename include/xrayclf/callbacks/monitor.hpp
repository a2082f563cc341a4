#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "xrayclf/core/fields.hpp"

namespace xrayclf {

/// Whose rules the callbacks follow. They differ in what counts as better, in how NaN is met, and
/// in when the best weights come back:
///   keras-2  Keras 2.13: doubles, best starts at infinity, weights restored only by an early stop
///   keras-3  Keras 3.15: float32, the first value is the best even if NaN, weights always restored
///   torch    PyTorch 2.13's ReduceLROnPlateau: relative threshold, more than `patience` bad
///   epochs.
///            PyTorch has neither early stopping nor a best checkpoint: these follow keras-2.
enum class CallbackSemantics { keras_2, keras_3, torch };
template <>
struct EnumNames<CallbackSemantics> {
  static constexpr std::array<std::pair<CallbackSemantics, std::string_view>, 3> value{
      {{CallbackSemantics::keras_2, "keras-2"},
       {CallbackSemantics::keras_3, "keras-3"},
       {CallbackSemantics::torch, "torch"}}};
};

/// Which way a monitored figure should go; `automatic` decides by its name.
enum class MonitorMode { automatic, min, max };
template <>
struct EnumNames<MonitorMode> {
  static constexpr std::array<std::pair<MonitorMode, std::string_view>, 3> value{
      {{MonitorMode::automatic, "auto"}, {MonitorMode::min, "min"}, {MonitorMode::max, "max"}}};
};

enum class Goal { minimum, maximum };

/// Keras 2's three callbacks read a name in three ways.
enum class CallbackKind { early_stopping, reduce_learning_rate, model_checkpoint };

/// The way a figure should go. With `automatic`, loss falls and accuracy and auroc rise, with or
/// without "val_" before them. Other names follow Keras 2.13's patterns under keras-2 (which
/// minimise `val_auc` except for early stopping), and are a ConfigError under the others, as in
/// Keras 3.
Goal monitor_goal(const std::string& monitor, MonitorMode mode, CallbackSemantics semantics,
                  CallbackKind kind);

/// Figures of one epoch by name ("val_loss").
using EpochFigures = std::map<std::string, double, std::less<>>;

/// The named figure, or nothing when this epoch has none of that name.
std::optional<double> find_figure(const EpochFigures& figures, std::string_view name);

/// The best value at the start: infinitely bad, or none yet under keras-3.
std::optional<double> worst_value(Goal goal, CallbackSemantics semantics);

/// How far `value` must be beyond `best`, with the rounding of each reference.
/// Keras 2's early stopping and all of Keras 3 shift the value by min_delta; Keras 2's
/// learning-rate callback shifts the best one, which falls differently on exact ties; PyTorch
/// scales the best one.
enum class DeltaRule { shift_value, shift_best, scale_best };

/// Whether `value` is strictly better than `best`. NaN never is, except that the first value of all
/// is taken when there is no best yet.
bool is_improvement(double value, const std::optional<double>& best, double min_delta, Goal goal,
                    CallbackSemantics semantics, DeltaRule rule);

}  // namespace xrayclf
