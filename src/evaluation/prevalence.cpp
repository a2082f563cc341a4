#include "xrayclf/evaluation/prevalence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "adjusted_figures.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

constexpr double kSumTolerance = 1e-6;

Figure to_figure(const PredictiveValue& value, bool clustered, const std::string& reason) {
  Figure out;
  if (std::isnan(value.value)) {
    out.reason = reason;
    return out;
  }
  out.value = value.value;
  out.interval = value.interval;
  out.method = fmt::format("{} (Mercaldo){}, prevalence taken as known",
                           value.adjusted ? "adjusted logit" : "logit",
                           clustered ? ", counts by design effect" : "");
  return out;
}

}  // namespace

Prevalences Prevalences::from_json(const nlohmann::json& in, const std::string& path, Required) {
  if (!in.is_object()) detail::refuse(path, "an object {\"class\": share}", in);
  Prevalences out;
  for (const auto& [name, value] : in.items()) {
    if (!value.is_number() || !(value.get<double>() > 0 && value.get<double>() < 1)) {
      detail::refuse(path + "." + printable(name), "a number above 0 and below 1", value);
    }
    out.of_class[name] = value.get<double>();
  }
  return out;
}

std::optional<double> Prevalences::find(const std::string& name) const {
  const auto found = of_class.find(name);
  return found == of_class.end() ? std::nullopt : std::optional(found->second);
}

void Prevalences::require_fit(const std::vector<std::string>& classes) const {
  double sum = 0;
  for (const auto& [name, value] : of_class) {
    if (std::find(classes.begin(), classes.end(), name) == classes.end()) {
      throw ConfigError("prevalence: there is no class '" + printable(name) + "'" +
                        did_you_mean(name, classes) + "; the classes are " +
                        printable(join(classes)));
    }
    sum += value;
  }
  const bool all = of_class.size() == classes.size();
  if (sum > 1 + kSumTolerance || (all && sum < 1 - kSumTolerance)) {
    throw ConfigError(fmt::format("prevalence: the shares of {} sum to {:g}, {} 1",
                                  all ? "all classes" : "these classes", sum,
                                  all ? "not to" : "more than"));
  }
}

Figures figures_at_prevalence(const ReportIntervals& intervals, const ReportIntervals::Select& sick,
                              const ReportIntervals::Select& positive, double prevalence,
                              double confidence, const std::string& name) {
  const RightCalls found = intervals.effective_counts(sick, positive);
  const RightCalls cleared = intervals.effective_counts(std::not_fn(sick), std::not_fn(positive));
  if (found.images == 0 || cleared.images == 0) {
    Figure none;
    none.reason = fmt::format("{} sample is of class '{}'", found.images == 0 ? "no" : "every",
                              printable(name));
    return {{"ppv", none}, {"npv", none}};
  }
  const bool clustered = !intervals.groups().singletons();
  return {
      {"ppv", to_figure(positive_predictive_value(found, cleared, prevalence, confidence),
                        clustered, "'" + printable(name) + "' was never predicted")},
      {"npv", to_figure(negative_predictive_value(found, cleared, prevalence, confidence),
                        clustered, "'" + printable(name) + "' was predicted for every sample")}};
}

std::vector<AdjustedPredictiveValues> adjusted_predictive_values(const Predictions& predictions,
                                                                 const Prevalences& prevalences,
                                                                 const ReportConfig& config) {
  prevalences.require_fit(predictions.classes);
  const ReportIntervals intervals(predictions, config, 0);
  std::vector<AdjustedPredictiveValues> out;
  for (std::size_t c = 0; c < predictions.classes.size(); ++c) {
    const auto prevalence = prevalences.find(predictions.classes[c]);
    if (!prevalence) continue;
    const auto label = static_cast<std::int64_t>(c);
    out.push_back({predictions.classes[c], *prevalence,
                   figures_at_prevalence(
                       intervals, [&](std::size_t i) { return predictions.truth[i] == label; },
                       [&](std::size_t i) { return predictions.predicted(i) == label; },
                       *prevalence, config.confidence, predictions.classes[c])});
  }
  return out;
}

nlohmann::ordered_json adjusted_json(const std::vector<AdjustedPredictiveValues>& values) {
  nlohmann::ordered_json out = nlohmann::ordered_json::object();
  for (const AdjustedPredictiveValues& of_class : values) {
    nlohmann::ordered_json& entry = out[json_key(of_class.name)];
    entry["prevalence"] = of_class.prevalence;
    entry.update(figures_json(of_class.figures));
  }
  return out;
}

std::string adjusted_text(const std::vector<AdjustedPredictiveValues>& values) {
  if (values.empty()) return "";
  std::vector<std::vector<std::string>> rows = {{"class", "prevalence", "PPV", "NPV"}};
  for (const AdjustedPredictiveValues& of_class : values) {
    rows.push_back({printable(of_class.name), fmt::format("{:g}", of_class.prevalence),
                    figure_text(find_figure(of_class.figures, "ppv")),
                    figure_text(find_figure(of_class.figures, "npv"))});
  }
  return "\nPredictive values at the prevalences given, sensitivity and specificity as found "
         "here\n" +
         text_table(rows);
}

}  // namespace xrayclf
