#include "xrayclf/evaluation/calibration.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "support/golden_evaluation.hpp"
#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {

using test::make_predictions;
using testing::HasSubstr;

ReportConfig quick() {
  ReportConfig config;
  config.bootstrap_samples = 100;
  return config;
}

TEST(CalibrationGoldenTest, TemperatureAndErrorsEqualScipyAndScikitLearn) {
  for (const nlohmann::json& golden : test::golden_evaluation().at("cases")) {
    SCOPED_TRACE(golden.at("classes").dump() + " classes");
    const Predictions predictions = make_predictions(golden.at("truth"), golden.at("values"));
    const TemperatureScaling fit = fit_temperature_scaling(predictions, "v.csv");
    const auto& expected = golden.at("temperature");
    EXPECT_NEAR(fit.temperature / expected.at("temperature").get<double>(), 1, 1e-6);
    EXPECT_NEAR(fit.nll_before, expected.at("nll_before").get<double>(), 1e-9);
    EXPECT_NEAR(fit.nll_after, expected.at("nll_after").get<double>(), 1e-9);
    const Predictions scaled = rescaled(predictions, fit.temperature);
    for (std::size_t i = 0; i < scaled.size(); ++i) {
      for (std::size_t c = 0; c < scaled.classes.size(); ++c) {
        EXPECT_NEAR(scaled.probabilities[i * scaled.classes.size() + c],
                    expected.at("scaled").at(i).at(c).get<double>(), 1e-6);
      }
    }
    const CalibrationAssessment assessment = assess_calibration(predictions, fit, quick());
    for (const char* name : {"ece", "mce", "brier", "log_loss"}) {
      SCOPED_TRACE(name);
      const double before = *find_figure(assessment.before, name).value;
      const double after = *find_figure(assessment.after, name).value;
      EXPECT_NEAR(before, golden.at("before").at(name).get<double>(), 1e-9);
      EXPECT_NEAR(after, golden.at("after").at(name).get<double>(), 1e-6);
      EXPECT_NEAR(*find_figure(assessment.change, name).value, after - before, 1e-12);
      EXPECT_TRUE(find_figure(assessment.change, name).interval.has_value());
    }
  }
}

TEST(CalibrationTest, ScalingByHandKeepsZerosAndIsUndoneByItsInverse) {
  // Square roots of 0.64, 0.36, 0 by their sum 1.4.
  const Predictions predictions = make_predictions({0, 1}, {{0.64, 0.36, 0}, {0.2, 0.5, 0.3}});
  const Predictions softer = rescaled(predictions, 2);
  EXPECT_NEAR(softer.probabilities[0], 0.8 / 1.4, 1e-15);
  EXPECT_NEAR(softer.probabilities[1], 0.6 / 1.4, 1e-15);
  EXPECT_EQ(softer.probabilities[2], 0);
  const Predictions back = rescaled(softer, 0.5);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_NEAR(back.probabilities[i], predictions.probabilities[i], 1e-15);
  }
}

TEST(CalibrationTest, WithoutAFitThereIsAReasonAndNothingIsScaled) {
  const Predictions perfect = make_predictions({0, 1, 0}, {{1, 0}, {0, 1}, {0.9, 0.1}});
  const TemperatureScaling fit = fit_temperature_scaling(perfect, "v.csv");
  EXPECT_EQ(fit.temperature, 1);
  EXPECT_THAT(fit.reason, HasSubstr("so well"));
  const auto json = calibration_json(assess_calibration(perfect, fit, quick()));
  EXPECT_TRUE(json.at("temperature").at("value").is_null());
  EXPECT_EQ(json.at("temperature").at("reason"), fit.reason);
  EXPECT_FALSE(json.contains("after"));
  EXPECT_THAT(
      fit_temperature_scaling(make_predictions({0, 1}, {{0.5, 0.5}, {0.5, 0.5}}), "").reason,
      HasSubstr("equal"));
  EXPECT_THAT(
      fit_temperature_scaling(make_predictions({0, 1}, {{0.1, 0.9}, {0.9, 0.1}}), "").reason,
      HasSubstr("chance"));
}

TEST(CalibrationTest, ASectionReadsBackAndAForgedOneIsRefused) {
  TemperatureScaling scaling;
  scaling.temperature = 1.75;
  scaling.fitted_on = "validation";
  scaling.images = 12;
  nlohmann::json section = to_json(scaling);
  EXPECT_EQ(temperature_scaling_from_json(section).temperature, 1.75);
  EXPECT_EQ(temperature_scaling_from_json(section).images, 12);
  for (const nlohmann::json& bad : {nlohmann::json(0), nlohmann::json(1000), nlohmann::json(-1),
                                    nlohmann::json("2"), nlohmann::json()}) {
    section["value"] = bad;
    EXPECT_THROW(temperature_scaling_from_json(section), ConfigError) << bad;
  }
  EXPECT_THROW(temperature_scaling_from_json(nlohmann::json::array()), ConfigError);
}

}  // namespace
}  // namespace xrayclf
