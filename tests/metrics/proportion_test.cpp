#include "xrayclf/metrics/proportion.hpp"

#include <gtest/gtest.h>

#include "support/golden_cases.hpp"

namespace xrayclf {
namespace {

using test::expect_number;

void expect_interval(const Interval& actual, const nlohmann::json& expected, double tolerance) {
  expect_number(actual.low, expected.at(0), tolerance);
  expect_number(actual.high, expected.at(1), tolerance);
}

TEST(ProportionGoldenTest, IntervalsEqualStatsmodels) {
  test::for_each_golden_row("proportions", [](const nlohmann::json& row, double tolerance) {
    const std::int64_t successes = row.at("successes");
    const std::int64_t trials = row.at("n");
    const double level = row.at("level");
    expect_interval(
        wilson_interval(static_cast<double>(successes), static_cast<double>(trials), level),
        row.at("wilson"), 1e-12);
    expect_interval(clopper_pearson_interval(successes, trials, level), row.at("clopper_pearson"),
                    tolerance);
    expect_interval(agresti_coull_interval(successes, trials, level), row.at("agresti_coull"),
                    1e-12);
  });
}

TEST(ProportionTest, DesignEffectIsOneForSingleTrials) {
  std::vector<ClusterCount> clusters(20, ClusterCount{1, 1});
  clusters[3].successes = clusters[7].successes = 0;
  // Rao and Scott's estimate is I / (I - 1), the sample variance's correction.
  EXPECT_NEAR(design_effect(clusters), 20.0 / 19.0, 1e-12);
}

TEST(ProportionTest, DesignEffectOfCopiesIsTheirNumber) {
  std::vector<ClusterCount> clusters;
  for (int i = 0; i < 1000; ++i) clusters.push_back({i % 2 == 0 ? 4 : 0, 4});
  EXPECT_NEAR(design_effect(clusters), 4 * 1000.0 / 999.0, 1e-9);
  // Nothing wrong, so the data cannot tell: copies are assumed.
  EXPECT_EQ(design_effect(std::vector<ClusterCount>{{3, 3}, {1, 1}, {0, 0}}), 2);
}

TEST(ProportionTest, DesignEffectNeverNarrows) {
  // Each cluster has one success in two: less spread than chance.
  EXPECT_EQ(design_effect(std::vector<ClusterCount>(10, ClusterCount{1, 2})), 1);
}

}  // namespace
}  // namespace xrayclf
