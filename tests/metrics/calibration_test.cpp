#include "xrayclf/metrics/calibration.hpp"

#include <gtest/gtest.h>

#include "support/golden_cases.hpp"
#include "xrayclf/metrics/temperature.hpp"

namespace xrayclf {
namespace {

using test::expect_number;
using test::GoldenCase;

constexpr double kTolerance = 1e-12;

void expect_bins(const ReliabilityBins& bins, const nlohmann::json& expected) {
  ASSERT_EQ(static_cast<std::size_t>(bins.bins()), expected.at("count").size());
  for (std::int64_t b = 0; b < bins.bins(); ++b) {
    SCOPED_TRACE("bin " + std::to_string(b));
    EXPECT_EQ(bins.count(b), expected.at("count").at(b));
    expect_number(bins.mean_confidence(b), expected.at("mean_confidence").at(b), kTolerance);
    expect_number(bins.accuracy(b), expected.at("accuracy").at(b), kTolerance);
  }
  expect_number(bins.expected_error(), expected.at("ece"), kTolerance);
  expect_number(bins.maximum_error(), expected.at("mce"), kTolerance);
  expect_number(bins.root_mean_square_error(), expected.at("rmsce"), kTolerance);
}

TEST(CalibrationGoldenTest, EveryBinningEqualsItsDefinition) {
  test::for_each_golden_case([](const GoldenCase& golden) {
    for (const auto& [key, expected] : golden.expected.at("calibration").items()) {
      SCOPED_TRACE(key);
      const std::int64_t bins = std::stoll(key.substr(4));  // "bins10_right_closed"
      if (key.ends_with("_classwise_ece")) {
        expect_number(classwise_calibration_error(golden.truth, golden.matrix(), bins), expected,
                      kTolerance);
      } else {
        const BinEdges edges =
            key.ends_with("_left_closed") ? BinEdges::left_closed : BinEdges::right_closed;
        expect_bins(reliability(golden.truth, golden.matrix(), bins, edges), expected);
      }
    }
  });
}

TEST(CalibrationTest, AConfidenceOnAnEdgeGoesWhereTheBinsAreClosed) {
  EXPECT_EQ(bin_of(0.3, 10, BinEdges::right_closed), 2);
  EXPECT_EQ(bin_of(0.3, 10, BinEdges::left_closed), 3);
  EXPECT_EQ(bin_of(0.0, 10), 0);
  EXPECT_EQ(bin_of(1.0, 10, BinEdges::left_closed), 9);
  EXPECT_EQ(bin_of(1.0 + 1e-9, 10), 9);
}

TEST(TemperatureGoldenTest, FitAndItsPlaceEqualTheReference) {
  test::for_each_golden_case([](const GoldenCase& golden) {
    const std::vector<double> logits = logits_of(golden.matrix());
    const TemperatureFit fit = fit_temperature(golden.truth, {logits, golden.classes});
    const auto& expected = golden.expected.at("temperature_scaling");
    const char* const names[] = {"interior", "lower_bound", "upper_bound", "flat"};
    EXPECT_EQ(names[static_cast<int>(fit.place)], expected.at("where").get<std::string>());
    const double temperature = expected.at("temperature");
    EXPECT_NEAR(fit.temperature, temperature, 1e-6 * temperature);
    expect_number(fit.nll_before, expected.at("nll_before"), 1e-9);
    expect_number(fit.nll_after, expected.at("nll_after"), 1e-9);
  });
}

TEST(TemperatureTest, SoftmaxUndoesTheLogits) {
  const std::vector<double> probabilities{0.2, 0.3, 0.5, 0.7, 0.1, 0.2};
  const std::vector<double> logits = logits_of({probabilities, 3});
  const std::vector<double> back = softmax({logits, 3});
  for (std::size_t i = 0; i < back.size(); ++i) EXPECT_NEAR(back[i], probabilities[i], 1e-15);
  // T = 2 takes square roots: sqrt(.2) / (sqrt(.2) + sqrt(.3) + sqrt(.5))
  EXPECT_NEAR(softmax({logits, 3}, 2)[0],
              std::sqrt(.2) / (std::sqrt(.2) + std::sqrt(.3) + std::sqrt(.5)), 1e-15);
}

}  // namespace
}  // namespace xrayclf
