#include "xrayclf/callbacks/monitor.hpp"

#include <limits>

namespace xrayclf {
namespace {

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

/// The pattern of each callback of Keras 2.13 for names that rise.
bool rises_in_keras_2(const std::string& monitor, CallbackKind kind) {
  const bool has_acc = monitor.find("acc") != std::string::npos;
  switch (kind) {
    case CallbackKind::early_stopping:
      return ends_with(monitor, "acc") || ends_with(monitor, "accuracy") ||
             ends_with(monitor, "auc");
    case CallbackKind::reduce_learning_rate:
      return has_acc;
    case CallbackKind::model_checkpoint:
      return has_acc || monitor.rfind("fmeasure", 0) == 0;
  }
  return has_acc;
}

}  // namespace

Goal monitor_goal(const std::string& monitor, MonitorMode mode, CallbackSemantics semantics,
                  CallbackKind kind) {
  if (mode == MonitorMode::min) return Goal::minimum;
  if (mode == MonitorMode::max) return Goal::maximum;
  const std::string name = monitor.rfind("val_", 0) == 0 ? monitor.substr(4) : monitor;
  if (name == "loss") return Goal::minimum;
  if (name == "accuracy" || name == "auroc") return Goal::maximum;
  if (semantics == CallbackSemantics::keras_2) {
    return rises_in_keras_2(monitor, kind) ? Goal::maximum : Goal::minimum;
  }
  throw ConfigError("whether '" + printable(monitor) +
                    "' should fall or rise is not known from its name; give mode min or max");
}

std::optional<double> find_figure(const EpochFigures& figures, std::string_view name) {
  const auto found = figures.find(name);
  if (found == figures.end()) return std::nullopt;
  return found->second;
}

std::optional<double> worst_value(Goal goal, CallbackSemantics semantics) {
  if (semantics == CallbackSemantics::keras_3) return std::nullopt;
  const double infinity = std::numeric_limits<double>::infinity();
  return goal == Goal::minimum ? infinity : -infinity;
}

bool is_improvement(double value, const std::optional<double>& best, double min_delta, Goal goal,
                    CallbackSemantics semantics, DeltaRule rule) {
  if (!best) return true;
  const double sign = goal == Goal::minimum ? 1.0 : -1.0;
  double left = value;
  double right = *best;
  switch (rule) {
    case DeltaRule::shift_value:
      left = value + sign * min_delta;
      break;
    case DeltaRule::shift_best:
      right = *best - sign * min_delta;
      break;
    case DeltaRule::scale_best:
      right = *best * (1.0 - sign * min_delta);
      break;
  }
  if (semantics == CallbackSemantics::keras_3) {
    left = static_cast<float>(left);
    right = static_cast<float>(right);
  }
  return goal == Goal::minimum ? left < right : left > right;
}

}  // namespace xrayclf
