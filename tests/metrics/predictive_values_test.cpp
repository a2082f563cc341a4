#include "xrayclf/metrics/predictive_values.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "support/golden_evaluation.hpp"
#include "support/golden_metrics.hpp"

namespace xrayclf {
namespace {

using test::expect_number;

TEST(PredictiveValuesGoldenTest, EqualThePapersFormulas) {
  for (const nlohmann::json& row : test::golden_evaluation().at("predictive_values")) {
    SCOPED_TRACE(row.dump());
    const RightCalls sick{row.at("tp"), row.at("sick")};
    const RightCalls rest{row.at("tn"), row.at("well")};
    const double prevalence = row.at("prevalence");
    const PredictiveValue ppv = positive_predictive_value(sick, rest, prevalence);
    const PredictiveValue npv = negative_predictive_value(sick, rest, prevalence);
    expect_number(ppv.value, row.at("ppv"), 1e-12);
    expect_number(npv.value, row.at("npv"), 1e-12);
    expect_number(ppv.interval.low, row.at("ppv_interval").at(0), 1e-12);
    expect_number(ppv.interval.high, row.at("ppv_interval").at(1), 1e-12);
    expect_number(npv.interval.low, row.at("npv_interval").at(0), 1e-12);
    expect_number(npv.interval.high, row.at("npv_interval").at(1), 1e-12);
  }
}

TEST(PredictiveValuesTest, AtTheDatasOwnPrevalenceTheyAreTheDatasOwn) {
  // 45 of 50 found, 180 of 200 cleared: PPV 45 / (45 + 20), NPV 180 / (180 + 5).
  EXPECT_NEAR(positive_predictive_value({45, 50}, {180, 200}, 0.2).value, 45.0 / 65, 1e-15);
  EXPECT_NEAR(negative_predictive_value({45, 50}, {180, 200}, 0.2).value, 180.0 / 185, 1e-15);
}

TEST(PredictiveValuesTest, PerfectRatesKeepAnIntervalAndNoCallHasNoValue) {
  const PredictiveValue perfect = positive_predictive_value({20, 20}, {30, 30}, 0.1);
  EXPECT_EQ(perfect.value, 1);
  EXPECT_TRUE(perfect.adjusted);
  EXPECT_LT(perfect.interval.low, perfect.interval.high);
  EXPECT_TRUE(std::isnan(positive_predictive_value({0, 20}, {30, 30}, 0.1).value));
}

}  // namespace
}  // namespace xrayclf
