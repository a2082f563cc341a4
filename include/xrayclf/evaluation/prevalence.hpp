#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "xrayclf/core/fields.hpp"
#include "xrayclf/evaluation/figure.hpp"
#include "xrayclf/evaluation/predictions.hpp"
#include "xrayclf/evaluation/report_config.hpp"

namespace xrayclf {

/// How frequent classes are where the classifier is to be used: {"COVID-19": 0.05}.
struct Prevalences {
  std::map<std::string, double> of_class;  ///< in (0, 1)

  static Prevalences from_json(const nlohmann::json& in, const std::string& path, Required mode);
  nlohmann::json to_json() const { return of_class; }

  std::optional<double> find(const std::string& name) const;
  /// Throws ConfigError for a class that is none of these, a sum above 1, or, where every class is
  /// given, a sum other than 1.
  void require_fit(const std::vector<std::string>& classes) const;
};

/// PPV and NPV of naming a class, as they would be at another prevalence.
struct AdjustedPredictiveValues {
  std::string name;  ///< of the class
  double prevalence = 0;
  Figures figures;  ///< ppv, npv
};

/// For each class with a prevalence, in the order of the classes. The intervals are Mercaldo's, on
/// counts divided by the design effect where patients have several images.
std::vector<AdjustedPredictiveValues> adjusted_predictive_values(const Predictions& predictions,
                                                                 const Prevalences& prevalences,
                                                                 const ReportConfig& config);

/// {class: {"prevalence", "ppv", "npv"}}
nlohmann::ordered_json adjusted_json(const std::vector<AdjustedPredictiveValues>& values);
std::string adjusted_text(const std::vector<AdjustedPredictiveValues>& values);

}  // namespace xrayclf
