#include "xrayclf/metrics/uncertainty.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "xrayclf/core/random.hpp"
#include "xrayclf/metrics/conformal.hpp"

namespace xrayclf {
namespace {

using Labels = std::vector<std::int64_t>;

TEST(UncertaintyTest, EntropyIsInNats) {
  EXPECT_DOUBLE_EQ(entropy(std::vector<double>{1, 0, 0}), 0);
  EXPECT_DOUBLE_EQ(entropy(std::vector<double>{0.25, 0.25, 0.25, 0.25}), std::log(4));
  EXPECT_NEAR(entropy(std::vector<double>{0.5, 0.25, 0.25}), 1.5 * std::log(2), 1e-15);
}

TEST(UncertaintyTest, MutualInformationIsWhatVoicesDisagreeOn) {
  const std::vector<double> same = {0.7, 0.3, 0.7, 0.3};
  EXPECT_NEAR(mutual_information({same, 2}), 0, 1e-15);
  // Both certain, of different things: the mean is (1/2, 1/2).
  const std::vector<double> opposed = {1, 0, 0, 1};
  EXPECT_NEAR(mutual_information({opposed, 2}), std::log(2), 1e-15);
  const std::vector<double> weights = {0.25, 0.75};
  EXPECT_NEAR(mutual_information({opposed, 2}, weights),
              -0.25 * std::log(0.25) - 0.75 * std::log(0.75), 1e-15);
}

TEST(UncertaintyTest, RiskCoverageByHand) {
  const std::vector<double> confidence = {0.6, 0.9, 0.7, 0.8};
  const Labels right = {1, 1, 0, 1};
  const RiskCoverage curve = risk_coverage(confidence, right);
  EXPECT_EQ(curve.coverage, (std::vector<double>{0.25, 0.5, 0.75, 1}));
  EXPECT_EQ(curve.risk, (std::vector<double>{0, 0, 1.0 / 3, 0.25}));
  EXPECT_EQ(curve.threshold, (std::vector<double>{0.9, 0.8, 0.7, 0.6}));
  EXPECT_NEAR(curve.area, (1.0 / 3 + 0.25) / 4, 1e-15);
  EXPECT_NEAR(curve.area_at_best, 0.25 / 4, 1e-15);
  EXPECT_NEAR(curve.area_at_random, 0.25, 1e-15);
}

TEST(UncertaintyTest, TheLowestConfidenceThatKeepsTheRisk) {
  const RiskCoverage curve =
      risk_coverage(std::vector<double>{0.9, 0.8, 0.7, 0.6}, Labels{1, 0, 1, 1});
  // Risks 0, 1/2, 1/3, 1/4: one that rises and falls again counts by where it ends.
  EXPECT_EQ(confidence_for_risk(curve, 0.25), 0.6);
  EXPECT_EQ(confidence_for_risk(curve, 0.2), 0.9);
  EXPECT_TRUE(
      std::isinf(confidence_for_risk(risk_coverage(std::vector<double>{0.9}, Labels{0}), 0.5)));
}

TEST(UncertaintyTest, EqualConfidencesAreAnsweredTogether) {
  const std::vector<double> confidence = {0.5, 0.5, 0.5, 0.5};
  const Labels right = {0, 1, 1, 1};
  const RiskCoverage curve = risk_coverage(confidence, right);
  EXPECT_EQ(curve.coverage, (std::vector<double>{1}));
  EXPECT_NEAR(curve.area, 0.25, 1e-15);
}

TEST(ConformalTest, ScoresByHand) {
  const std::vector<double> p = {0.2, 0.5, 0.3};
  EXPECT_NEAR(conformal_score(p, 2, ConformalScore::lac), 0.7, 1e-15);
  EXPECT_NEAR(conformal_score(p, 1, ConformalScore::aps), 0.5, 1e-15);
  EXPECT_NEAR(conformal_score(p, 2, ConformalScore::aps), 0.8, 1e-15);
  EXPECT_NEAR(conformal_score(p, 0, ConformalScore::aps), 1.0, 1e-15);
  const std::vector<double> tied = {0.4, 0.4, 0.2};
  EXPECT_NEAR(conformal_score(tied, 0, ConformalScore::aps), 0.4, 1e-15);
  EXPECT_NEAR(conformal_score(tied, 1, ConformalScore::aps), 0.8, 1e-15);
}

TEST(ConformalTest, TheQuantileCountsTheNewImageIn) {
  const std::vector<double> nine = {9, 8, 7, 6, 5, 4, 3, 2, 1};
  EXPECT_EQ(conformal_quantile(nine, 0.9), 9);  // ceil(10 * 0.9) = 9th
  EXPECT_EQ(conformal_quantile(nine, 0.5), 5);
  EXPECT_TRUE(std::isinf(conformal_quantile(nine, 0.95)));
  EXPECT_TRUE(std::isinf(conformal_quantile({}, 0.5)));
}

TEST(ConformalTest, ExpectedCoverageIsTheBetaBinomial) {
  // One calibrated image, coverage 0.5: uniform over 0 ... tested.
  const Interval uniform = expected_coverage(1, 9, 0.5, 0.7);
  EXPECT_NEAR(uniform.low, 1.0 / 9, 1e-12);
  EXPECT_NEAR(uniform.high, 8.0 / 9, 1e-12);
  EXPECT_EQ(expected_coverage(3, 100, 0.9).low, 1);
  const Interval many = expected_coverage(100000, 100000, 0.9);
  EXPECT_NEAR(many.low, 0.9 - 1.96 * std::sqrt(0.09 / 50000), 2e-4);
  EXPECT_NEAR(many.high, 0.9 + 1.96 * std::sqrt(0.09 / 50000), 2e-4);
}

/// Softmax of noisy logits that speak for the truth, the truth of class 2 rare and hard.
void simulate(std::uint64_t seed, std::int64_t images, Labels& truth, std::vector<double>& out) {
  Random random(seed);
  for (std::int64_t i = 0; i < images; ++i) {
    const std::int64_t label = random.chance(0.2) ? 2 : random.chance(0.5) ? 1 : 0;
    double values[3];
    double sum = 0;
    for (std::int64_t c = 0; c < 3; ++c) {
      sum += values[c] = std::exp(random.normal() + (c == label ? (c == 2 ? 0.5 : 2) : 0));
    }
    truth.push_back(label);
    for (const double value : values) out.push_back(value / sum);
  }
}

struct Covered {
  double share = 0;       ///< over all simulations
  double inside = 0;      ///< share of simulations inside expected_coverage()
  double rare_class = 0;  ///< coverage of class 2
};

Covered coverage_over_seeds(const ConformalConfig& config) {
  constexpr int kSeeds = 400;
  constexpr std::int64_t kImages = 200;
  Covered out;
  double covered_rare = 0;
  double rare = 0;
  const Interval expected = expected_coverage(kImages, kImages, config.coverage);
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    Labels truth;
    std::vector<double> p;
    simulate(seed, 2 * kImages, truth, p);
    const ProbabilityMatrix all{p, 3};
    const ProbabilityMatrix first{std::span(p).first(3 * kImages), 3};
    const auto fitted = fit_conformal(std::span(truth).first(kImages), first, config);
    double covered = 0;
    for (std::int64_t i = kImages; i < 2 * kImages; ++i) {
      const std::int64_t label = truth[static_cast<std::size_t>(i)];
      const auto set = prediction_set(all.row(i), fitted);
      const bool holds = std::find(set.begin(), set.end(), label) != set.end();
      covered += holds ? 1 : 0;
      rare += label == 2 ? 1 : 0;
      covered_rare += label == 2 && holds ? 1 : 0;
    }
    const double share = covered / kImages;
    out.share += share / kSeeds;
    out.inside += share >= expected.low && share <= expected.high ? 1.0 / kSeeds : 0;
  }
  out.rare_class = covered_rare / rare;
  return out;
}

TEST(ConformalTest, SetsCoverAsOftenAsStatedOverManySimulations) {
  // The mean coverage is k / (n + 1), its standard error here 0.0015; with k = 181, n = 200.
  const Covered lac = coverage_over_seeds({0.9, ConformalScore::lac, false});
  EXPECT_NEAR(lac.share, 181.0 / 201, 0.006);
  EXPECT_GT(lac.inside, 0.93);
  EXPECT_LT(lac.rare_class, 0.85);  // nothing is promised to a class
  const Covered aps = coverage_over_seeds({0.9, ConformalScore::aps, false});
  EXPECT_GT(aps.share, 0.9 - 0.006);
  const Covered by_class = coverage_over_seeds({0.9, ConformalScore::lac, true});
  EXPECT_GT(by_class.share, 0.9 - 0.006);
  EXPECT_GT(by_class.rare_class, 0.9 - 0.01);
}

TEST(ConformalTest, ALacSetMayBeEmptyAndTooFewImagesGiveEveryClass) {
  ConformalThresholds thresholds{{}, {0.2, 0.2}, {10, 10}};
  EXPECT_EQ(prediction_set(std::vector<double>{0.5, 0.5}, thresholds), Labels{});
  EXPECT_EQ(prediction_set(std::vector<double>{0.9, 0.1}, thresholds), Labels{0});
  const std::vector<double> p = {0.9, 0.1};
  EXPECT_EQ(prediction_set(p, fit_conformal(Labels{0}, {p, 2}, {})), (Labels{0, 1}));
}

}  // namespace
}  // namespace xrayclf
