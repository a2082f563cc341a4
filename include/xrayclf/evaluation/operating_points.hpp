#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "xrayclf/core/fields.hpp"
#include "xrayclf/evaluation/figure.hpp"
#include "xrayclf/evaluation/predictions.hpp"
#include "xrayclf/evaluation/prevalence.hpp"
#include "xrayclf/evaluation/report_config.hpp"

namespace xrayclf {

/// How the threshold of a class is chosen on validation.
enum class OperatingRule {
  youden,       ///< greatest sensitivity + specificity
  sensitivity,  ///< greatest specificity at a given sensitivity
  specificity,  ///< greatest sensitivity at a given specificity
};
template <>
struct EnumNames<OperatingRule> {
  static constexpr std::array<std::pair<OperatingRule, std::string_view>, 3> value{
      {{OperatingRule::youden, "youden"},
       {OperatingRule::sensitivity, "sensitivity"},
       {OperatingRule::specificity, "specificity"}}};
};

struct OperatingConfig {
  std::vector<OperatingRule> rules = {OperatingRule::youden, OperatingRule::sensitivity,
                                      OperatingRule::specificity};
  double sensitivity = 0.9;
  double specificity = 0.9;

  template <class Field>
  static void fields(Field&& field) {
    field("rules", &OperatingConfig::rules,
          "How thresholds are chosen on validation: greatest sensitivity + specificity, or a fixed "
          "one of the two");
    field("sensitivity", &OperatingConfig::sensitivity, "Sensitivity that the threshold must reach",
          Check<double>{"in (0, 1]", [](double x) { return x > 0 && x <= 1; }});
    field("specificity", &OperatingConfig::specificity, "Specificity that the threshold must reach",
          Check<double>{"in (0, 1]", [](double x) { return x > 0 && x <= 1; }});
  }
};

/// One class against the rest, called positive where its probability is at least the threshold.
struct ClassOperatingPoint {
  OperatingRule rule = OperatingRule::youden;
  std::optional<double> target;     ///< of a fixed sensitivity or specificity
  std::optional<double> threshold;  ///< none: see `reason`
  std::string reason;
  double validation_sensitivity = 0;  ///< with that threshold, where it was chosen
  double validation_specificity = 0;
  Figures figures;  ///< where it is applied: sensitivity, specificity, ppv, npv, and with a
                    ///< prevalence adjusted_ppv, adjusted_npv
};

struct OperatingPoints {
  std::string chosen_on;
  std::int64_t images = 0;  ///< there
  std::vector<std::string> classes;
  std::vector<std::vector<ClassOperatingPoint>> of_class;
};

/// Thresholds of every class by every rule from `validation`, applied to `test`; both have the same
/// classes in the same order. Thresholds are probabilities that occur in `validation`.
OperatingPoints operating_points(const Predictions& validation, const std::string& chosen_on,
                                 const Predictions& test, const OperatingConfig& operating,
                                 const Prevalences& prevalences, const ReportConfig& config);

/// {"chosen_on", "images", "per_class": {class: [{"rule", "target", "threshold", "validation",
/// figures}]}}
nlohmann::ordered_json operating_points_json(const OperatingPoints& points);
std::string operating_points_text(const OperatingPoints& points);

}  // namespace xrayclf
