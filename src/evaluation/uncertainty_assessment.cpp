#include "xrayclf/evaluation/uncertainty_assessment.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

double confidence_of(const Predictions& predictions, std::size_t i) {
  const auto row = predictions.matrix().row(static_cast<std::int64_t>(i));
  return *std::max_element(row.begin(), row.end());
}

bool right(const Predictions& predictions, std::size_t i) {
  return predictions.predicted(i) == predictions.truth[i];
}

std::string abstention_text(const UncertaintyAssessment& assessment) {
  const AnswerThreshold& answer = *assessment.answer;
  const std::string aim = fmt::format("at most {:.4g} % errors", 100 * answer.max_risk);
  if (std::isinf(answer.confidence)) {
    return fmt::format("  no confidence was enough for {}: abstaining leaves nothing\n", aim);
  }
  return fmt::format(
      "  answering at a confidence of at least {:.3f}, chosen for {}: answered {}, of them wrong "
      "{}\n",
      answer.confidence, aim, figure_text(assessment.answered), figure_text(assessment.risk));
}

}  // namespace

RiskCoverage risk_coverage(const Predictions& predictions) {
  std::vector<double> confidence;
  std::vector<std::int64_t> rights;
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    confidence.push_back(confidence_of(predictions, i));
    rights.push_back(right(predictions, i) ? 1 : 0);
  }
  return risk_coverage(confidence, rights);
}

UncertaintyThresholds fit_thresholds(const Predictions& held_out, const ConformalConfig& sets,
                                     double max_risk) {
  return {fit_conformal(held_out.truth, held_out.matrix(), sets),
          {max_risk, confidence_for_risk(risk_coverage(held_out), max_risk)}};
}

UncertaintyAssessment assess_uncertainty(const Predictions& predictions,
                                         const std::optional<UncertaintyThresholds>& thresholds,
                                         double confidence) {
  UncertaintyAssessment out;
  out.curve = risk_coverage(predictions);
  if (!thresholds) return out;
  out.sets = assess_sets(predictions, thresholds->sets, confidence);
  out.answer = thresholds->answer;
  std::int64_t answered = 0;
  std::int64_t wrong = 0;
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    if (confidence_of(predictions, i) < out.answer->confidence) continue;
    ++answered;
    wrong += right(predictions, i) ? 0 : 1;
  }
  out.answered =
      share_of_images(answered, static_cast<std::int64_t>(predictions.size()), confidence);
  out.risk = share_of_images(wrong, answered, confidence);
  return out;
}

nlohmann::ordered_json uncertainty_json(const UncertaintyAssessment& assessment,
                                        const std::vector<std::string>& classes) {
  nlohmann::ordered_json out;
  out["risk_coverage"] = {{"area", assessment.curve.area},
                          {"area_at_best", assessment.curve.area_at_best},
                          {"area_at_random", assessment.curve.area_at_random}};
  if (assessment.answer) {
    const double confidence = assessment.answer->confidence;
    out["chosen_on"] = json_key(assessment.chosen_on);
    out["abstention"] = {
        {"max_risk", assessment.answer->max_risk},
        {"confidence",
         std::isinf(confidence) ? nlohmann::ordered_json() : nlohmann::ordered_json(confidence)},
        {"answered", figure_json(assessment.answered)},
        {"risk", figure_json(assessment.risk)}};
  }
  if (assessment.sets) out["prediction_sets"] = sets_json(*assessment.sets, classes);
  return out;
}

std::string uncertainty_text(const UncertaintyAssessment& assessment,
                             const std::vector<std::string>& classes) {
  const RiskCoverage& curve = assessment.curve;
  std::string out = fmt::format(
      "\nRisk-coverage curve: area {:.4f}; {:.4f} were every error the least certain, {:.4f} were "
      "certainty\nunrelated to errors\n",
      curve.area, curve.area_at_best, curve.area_at_random);
  if (assessment.answer) out += abstention_text(assessment);
  if (assessment.sets) out += sets_text(*assessment.sets, classes);
  return out;
}

}  // namespace xrayclf
