#include "xrayclf/evaluation/calibration.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <string_view>

#include "report_intervals.hpp"
#include "report_statistics.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/metrics/temperature.hpp"

namespace xrayclf {
namespace {

using nlohmann::ordered_json;

constexpr std::array<std::string_view, 4> kNames{"ece", "mce", "brier", "log_loss"};

std::string reason_of(TemperaturePlace place) {
  switch (place) {
    case TemperaturePlace::interior:
      break;
    case TemperaturePlace::lower_bound:
      return fmt::format(
          "every validation image is classified so well that no temperature above {:g} is best",
          kLowestTemperature);
    case TemperaturePlace::upper_bound:
      return "on validation the probabilities are no better than chance";
    case TemperaturePlace::flat:
      return "all probabilities are equal on validation, so that every temperature is as good";
  }
  return "";
}

void append(std::vector<double>& out, const SampleErrors::Values& values) {
  out.insert(out.end(), {values.ece, values.mce, values.brier, values.log_loss});
}

/// The four errors, of which `offset` is the first among the bootstrap's statistics.
Figures figures_at(const std::vector<double>& point, std::size_t offset,
                   const ReportIntervals& intervals) {
  Figures out;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    Figure figure;
    figure.value = point[offset + i];
    intervals.add_bootstrap(figure, offset + i);
    out.emplace_back(kNames[i], std::move(figure));
  }
  return out;
}

}  // namespace

TemperatureScaling fit_temperature_scaling(const Predictions& validation,
                                           const std::string& fitted_on) {
  require_truth(validation);
  const std::vector<double> logits = logits_of(validation.matrix());
  const TemperatureFit fit = fit_temperature(
      validation.truth, {logits, static_cast<std::int64_t>(validation.classes.size())});
  TemperatureScaling out;
  out.reason = reason_of(fit.place);
  out.temperature = out.reason.empty() ? fit.temperature : 1;
  out.nll_before = fit.nll_before;
  out.nll_after = out.reason.empty() ? fit.nll_after : fit.nll_before;
  out.images = static_cast<std::int64_t>(validation.size());
  out.fitted_on = fitted_on;
  return out;
}

nlohmann::json to_json(const TemperatureScaling& scaling) {
  nlohmann::json out = {{"value", scaling.temperature},
                        {"fitted_on", printable(scaling.fitted_on)},
                        {"images", scaling.images},
                        {"nll_before", scaling.nll_before},
                        {"nll_after", scaling.nll_after}};
  if (!scaling.reason.empty()) {
    out["value"] = nullptr;
    out["reason"] = scaling.reason;
  }
  return out;
}

TemperatureScaling temperature_scaling_from_json(const nlohmann::json& section) {
  try {
    TemperatureScaling out;
    out.temperature = section.at("value").get<double>();
    out.fitted_on = section.at("fitted_on").get<std::string>();
    out.images = section.at("images").get<std::int64_t>();
    out.nll_before = section.at("nll_before").get<double>();
    out.nll_after = section.at("nll_after").get<double>();
    if (out.temperature >= kLowestTemperature && out.temperature <= kHighestTemperature) return out;
    throw ConfigError(fmt::format("its temperature must be in [{:g}, {:g}], got {}",
                                  kLowestTemperature, kHighestTemperature, out.temperature));
  } catch (const nlohmann::json::exception& e) {
    throw ConfigError(std::string("its temperature cannot be read: ") + printable(e.what()));
  }
}

Predictions rescaled(Predictions predictions, double temperature) {
  if (temperature == 1) return predictions;
  std::vector<double> logarithms;
  logarithms.reserve(predictions.probabilities.size());
  for (const double p : predictions.probabilities) logarithms.push_back(std::log(p));
  predictions.probabilities =
      softmax({logarithms, static_cast<std::int64_t>(predictions.classes.size())}, temperature);
  return predictions;
}

CalibrationAssessment assess_calibration(const Predictions& unscaled,
                                         const TemperatureScaling& scaling,
                                         const ReportConfig& config, std::int64_t workers) {
  require_truth(unscaled);
  const Predictions scaled = rescaled(unscaled, scaling.temperature);
  const SampleErrors before(unscaled, config.ece_bins);
  const SampleErrors after(scaled, config.ece_bins);
  const auto statistics = [&](std::span<const std::int64_t> counts) {
    std::vector<double> out;
    append(out, before.values(counts));
    append(out, after.values(counts));
    for (std::size_t i = 0; i < kNames.size(); ++i) out.push_back(out[kNames.size() + i] - out[i]);
    return out;
  };
  const std::vector<double> point =
      statistics(std::vector<std::int64_t>(unscaled.size(), std::int64_t{1}));
  const ReportIntervals intervals(unscaled, config, workers, statistics);
  CalibrationAssessment out;
  out.scaling = scaling;
  out.before = figures_at(point, 0, intervals);
  if (scaling.reason.empty()) {
    out.after = figures_at(point, kNames.size(), intervals);
    out.change = figures_at(point, 2 * kNames.size(), intervals);
  }
  return out;
}

ordered_json calibration_json(const CalibrationAssessment& assessment) {
  ordered_json out;
  out["temperature"] = to_json(assessment.scaling);
  out["stored_in_checkpoint"] = assessment.stored;
  out["applied"] = assessment.applied;
  out["before"] = figures_json(assessment.before);
  if (!assessment.after.empty()) {
    out["after"] = figures_json(assessment.after);
    out["change"] = figures_json(assessment.change);
  }
  return out;
}

std::string calibration_text(const CalibrationAssessment& assessment) {
  const TemperatureScaling& scaling = assessment.scaling;
  std::string out = "\nCalibration: ";
  if (!scaling.reason.empty()) {
    out += fmt::format("no temperature, because {}\n", scaling.reason);
  } else {
    out += fmt::format("temperature {:.4g} fitted on {} ({}){}; {}\n", scaling.temperature,
                       counted(scaling.images, "image"), printable(scaling.fitted_on),
                       assessment.stored ? ", stored in the checkpoint" : "",
                       assessment.applied ? "all figures of this report are after it"
                                          : "not applied to the rest of this report");
  }
  std::vector<std::vector<std::string>> rows = {{"", "before", "after", "change"}};
  for (std::size_t i = 0; i < assessment.before.size(); ++i) {
    const auto cell = [&](const Figures& figures) {
      return figures.empty() ? "" : figure_text(figures[i].second);
    };
    rows.push_back({assessment.before[i].first, cell(assessment.before), cell(assessment.after),
                    cell(assessment.change)});
  }
  return out + text_table(rows);
}

}  // namespace xrayclf
