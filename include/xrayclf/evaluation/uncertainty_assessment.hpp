#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "xrayclf/evaluation/prediction_sets.hpp"
#include "xrayclf/metrics/uncertainty.hpp"

namespace xrayclf {

/// Of the largest probability against whether its class is the truth.
RiskCoverage risk_coverage(const Predictions& predictions);

/// Least confidence (largest probability) to answer at, chosen for a share of errors among answers.
/// The share is that of the images it was chosen on, no bound: what it is elsewhere is measured.
struct AnswerThreshold {
  double max_risk = 0;
  double confidence = 0;  ///< infinite: no answer is certain enough
};

/// What is chosen on held-out predictions.
struct UncertaintyThresholds {
  ConformalThresholds sets;
  AnswerThreshold answer;
};
UncertaintyThresholds fit_thresholds(const Predictions& held_out, const ConformalConfig& sets,
                                     double max_risk);

/// How thresholds do on images that they were not chosen on.
struct UncertaintyAssessment {
  RiskCoverage curve;
  std::optional<SetAssessment> sets;
  std::optional<AnswerThreshold> answer;
  Figure answered;  ///< share of images at least as confident as `answer`
  Figure risk;      ///< share of errors among these
  std::string chosen_on;
};
UncertaintyAssessment assess_uncertainty(const Predictions& predictions,
                                         const std::optional<UncertaintyThresholds>& thresholds,
                                         double confidence);

/// {"risk_coverage": {"area", "area_at_best", "area_at_random"}, and with thresholds "chosen_on",
/// "abstention": {"max_risk", "confidence" (null: none is enough), "answered", "risk"},
/// "prediction_sets": {...}}
nlohmann::ordered_json uncertainty_json(const UncertaintyAssessment& assessment,
                                        const std::vector<std::string>& classes);
/// For report.txt.
std::string uncertainty_text(const UncertaintyAssessment& assessment,
                             const std::vector<std::string>& classes);

}  // namespace xrayclf
