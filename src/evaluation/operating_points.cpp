#include "xrayclf/evaluation/operating_points.hpp"

#include <fmt/format.h>

#include <cmath>

#include "adjusted_figures.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/metrics/roc.hpp"

namespace xrayclf {
namespace {

using nlohmann::ordered_json;
using Select = ReportIntervals::Select;

std::vector<double> column(const Predictions& predictions, std::size_t c) {
  std::vector<double> out;
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    out.push_back(predictions.probabilities[i * predictions.classes.size() + c]);
  }
  return out;
}

std::optional<OperatingPoint> choose(const RocCurve& curve, OperatingRule rule,
                                     const OperatingConfig& config) {
  switch (rule) {
    case OperatingRule::youden:
      return youden_point(curve);
    case OperatingRule::sensitivity:
      return point_at_sensitivity(curve, config.sensitivity);
    case OperatingRule::specificity:
      return point_at_specificity(curve, config.specificity);
  }
  return std::nullopt;
}

ClassOperatingPoint class_point(const RocCurve& curve, OperatingRule rule,
                                const OperatingConfig& config, const std::string& name) {
  ClassOperatingPoint out;
  out.rule = rule;
  if (rule == OperatingRule::sensitivity) out.target = config.sensitivity;
  if (rule == OperatingRule::specificity) out.target = config.specificity;
  const auto point = choose(curve, rule, config);
  if (!point) {
    out.reason = fmt::format("on validation {} image is of class '{}'",
                             curve.positives == 0 ? "no" : "every", printable(name));
  } else if (std::isinf(point->threshold)) {
    out.reason = out.target
                     ? fmt::format("on validation no threshold finds any '{}' at specificity {:g}",
                                   printable(name), *out.target)
                     : "on validation no threshold is better than calling no image positive";
  } else {
    out.threshold = point->threshold;
    out.validation_sensitivity = point->sensitivity;
    out.validation_specificity = point->specificity;
  }
  return out;
}

/// The share of `success` among the `counted`, or why there is none.
Figure share(const ReportIntervals& intervals, std::size_t samples, const Select& counted,
             const Select& success, const std::string& reason) {
  std::int64_t trials = 0;
  std::int64_t successes = 0;
  for (std::size_t i = 0; i < samples; ++i) {
    if (!counted(i)) continue;
    ++trials;
    successes += success(i) ? 1 : 0;
  }
  Figure out;
  if (trials == 0) {
    out.reason = reason;
    return out;
  }
  out.value = static_cast<double>(successes) / static_cast<double>(trials);
  intervals.add_proportion(out, counted, success);
  return out;
}

/// The figures of calling `positive`.
Figures applied(const ReportIntervals& intervals, std::size_t samples, const Select& sick,
                const Select& positive, const std::string& name) {
  const Select well = std::not_fn(sick);
  const Select negative = std::not_fn(positive);
  const std::string quoted = "'" + printable(name) + "'";
  return {
      {"sensitivity", share(intervals, samples, sick, positive, "no sample is of class " + quoted)},
      {"specificity",
       share(intervals, samples, well, negative, "every sample is of class " + quoted)},
      {"ppv",
       share(intervals, samples, positive, sick, "no sample reaches the threshold of " + quoted)},
      {"npv", share(intervals, samples, negative, well,
                    "every sample reaches the threshold of " + quoted)}};
}

std::string rule_text(const ClassOperatingPoint& point) {
  const std::string name(name_of(point.rule));
  return point.target ? fmt::format("{} {:g}", name, *point.target) : name;
}

ordered_json point_json(const ClassOperatingPoint& point) {
  ordered_json out = {{"rule", name_of(point.rule)}};
  if (point.target) out["target"] = *point.target;
  if (!point.threshold) {
    out["threshold"] = nullptr;
    out["reason"] = point.reason;
    return out;
  }
  out["threshold"] = *point.threshold;
  out["validation"] = {{"sensitivity", point.validation_sensitivity},
                       {"specificity", point.validation_specificity}};
  out.update(figures_json(point.figures));
  return out;
}

}  // namespace

OperatingPoints operating_points(const Predictions& validation, const std::string& chosen_on,
                                 const Predictions& test, const OperatingConfig& operating,
                                 const Prevalences& prevalences, const ReportConfig& config) {
  require_truth(validation);
  require_truth(test);
  const ReportIntervals intervals(test, config, 0);
  OperatingPoints out;
  out.chosen_on = chosen_on;
  out.images = static_cast<std::int64_t>(validation.size());
  out.classes = test.classes;
  for (std::size_t c = 0; c < test.classes.size(); ++c) {
    const auto label = static_cast<std::int64_t>(c);
    const std::string& name = test.classes[c];
    const RocCurve curve = roc_curve(column(validation, c), is_class(validation.truth, label));
    const std::vector<double> scores = column(test, c);
    const Select sick = [&](std::size_t i) { return test.truth[i] == label; };
    std::vector<ClassOperatingPoint>& points = out.of_class.emplace_back();
    for (const OperatingRule rule : operating.rules) {
      ClassOperatingPoint& point = points.emplace_back(class_point(curve, rule, operating, name));
      if (!point.threshold) continue;
      const Select positive = [&](std::size_t i) { return scores[i] >= *point.threshold; };
      point.figures = applied(intervals, test.size(), sick, positive, name);
      const auto prevalence = prevalences.find(name);
      if (!prevalence) continue;
      for (auto& [figure_name, figure] :
           figures_at_prevalence(intervals, sick, positive, *prevalence, config.confidence, name)) {
        point.figures.emplace_back("adjusted_" + figure_name, std::move(figure));
      }
    }
  }
  return out;
}

ordered_json operating_points_json(const OperatingPoints& points) {
  ordered_json out = {{"chosen_on", printable(points.chosen_on)}, {"images", points.images}};
  ordered_json& per_class = out["per_class"] = ordered_json::object();
  for (std::size_t c = 0; c < points.classes.size(); ++c) {
    ordered_json list = ordered_json::array();
    for (const ClassOperatingPoint& point : points.of_class[c]) list.push_back(point_json(point));
    per_class[json_key(points.classes[c])] = list;
  }
  return out;
}

std::string operating_points_text(const OperatingPoints& points) {
  std::vector<std::vector<std::string>> rows = {
      {"class", "rule", "threshold", "sensitivity", "specificity", "PPV", "NPV"}};
  std::string undefined;
  for (std::size_t c = 0; c < points.classes.size(); ++c) {
    const std::string name = printable(points.classes[c]);
    for (const ClassOperatingPoint& point : points.of_class[c]) {
      if (!point.threshold) {
        undefined += fmt::format("  {}, {}: none; {}\n", name, rule_text(point), point.reason);
        continue;
      }
      std::vector<std::string> row = {name, rule_text(point),
                                      fmt::format("{:.4f}", *point.threshold)};
      for (const char* figure : {"sensitivity", "specificity", "ppv", "npv"}) {
        row.push_back(figure_text(find_figure(point.figures, figure)));
      }
      rows.push_back(std::move(row));
    }
  }
  return fmt::format("\nOperating points: thresholds from {} ({}), applied here\n",
                     counted(points.images, "image"), printable(points.chosen_on)) +
         text_table(rows) + undefined;
}

}  // namespace xrayclf
