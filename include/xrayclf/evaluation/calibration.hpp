#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "xrayclf/evaluation/figure.hpp"
#include "xrayclf/evaluation/predictions.hpp"
#include "xrayclf/evaluation/report_config.hpp"

namespace xrayclf {

/// A temperature (Guo et al. 2017) fitted on held-out predictions, as a checkpoint keeps it.
struct TemperatureScaling {
  double temperature = 1;  ///< 1 where there is no fit
  std::string reason;      ///< why there is no fit; "" after one
  double nll_before = 0;   ///< mean negative log likelihood of the fitted images at temperature 1
  double nll_after = 0;
  std::int64_t images = 0;
  std::string fitted_on;  ///< a file, or a split of a data set
};

/// Fits on predictions made at temperature 1 whose truth is known. There is no fit, but a reason,
/// where the likelihood has no minimum inside [0.01, 100] (see TemperaturePlace).
TemperatureScaling fit_temperature_scaling(const Predictions& validation,
                                           const std::string& fitted_on);

/// The section "temperature" of a checkpoint's calibration: {"value", "fitted_on", "images",
/// "nll_before", "nll_after"}, "value" null and "reason" where there is no fit.
nlohmann::json to_json(const TemperatureScaling& scaling);
/// Throws ConfigError if it is not that, or the value is not in [0.01, 100].
TemperatureScaling temperature_scaling_from_json(const nlohmann::json& section);

/// Probabilities p^(1/T), each row brought to sum 1: what softmax(logits / T) gives for softmax
/// probabilities p. rescaled(rescaled(p, T), 1 / T) is p but for rounding; the classes keep their
/// order.
Predictions rescaled(Predictions predictions, double temperature);

/// What a temperature does to some predictions.
struct CalibrationAssessment {
  TemperatureScaling scaling;
  bool stored = false;   ///< the temperature came with the checkpoint
  bool applied = false;  ///< all other figures of the report are those after scaling
  Figures before;        ///< ece, mce, brier, log_loss
  Figures after;         ///< empty without a fit
  Figures change;        ///< after - before, with paired intervals; empty without a fit
};

/// `unscaled` are predictions at temperature 1. The same draws for before and after.
CalibrationAssessment assess_calibration(const Predictions& unscaled,
                                         const TemperatureScaling& scaling,
                                         const ReportConfig& config, std::int64_t workers = 0);

nlohmann::ordered_json calibration_json(const CalibrationAssessment& assessment);
std::string calibration_text(const CalibrationAssessment& assessment);

}  // namespace xrayclf
