#include "xrayclf/metrics/curve_band.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "xrayclf/core/random.hpp"
#include "xrayclf/metrics/roc.hpp"

namespace xrayclf {
namespace {

using ::testing::Each;

struct Samples {
  std::vector<double> scores;
  std::vector<std::uint8_t> positive;
};

/// Positives score higher by `shift` standard deviations.
Samples normal_samples(std::size_t count, double shift, std::uint64_t seed) {
  Random random(seed);
  Samples out;
  for (std::size_t i = 0; i < count; ++i) {
    out.positive.push_back(i % 3 == 0);
    out.scores.push_back(random.normal() + (i % 3 == 0 ? shift : 0.0));
  }
  return out;
}

TEST(CurveBandTest, HoldsTheCurveAndNarrowsWithMoreSamples) {
  double last_width = 1;
  for (const std::size_t count : {60U, 600U}) {
    const Samples s = normal_samples(count, 1.5, 3);
    const RocCurve curve = roc_curve(s.scores, s.positive);
    const CurveBand band =
        roc_band(s.scores, s.positive, singleton_groups(count), {.samples = 400});
    ASSERT_EQ(band.x.size(), 101U);
    double width = 0;
    std::size_t inside = 0;
    for (std::size_t i = 0; i < curve.size(); ++i) {
      const auto at = static_cast<std::size_t>(std::lround(100 * curve.false_positive_rate(i)));
      const double y = curve.sensitivity(i);
      if (y >= band.low[at] - 0.06 && y <= band.high[at] + 0.06) ++inside;
    }
    for (std::size_t at = 0; at < 101; ++at) width += (band.high[at] - band.low[at]) / 101;
    EXPECT_GT(inside, curve.size() * 9 / 10);
    EXPECT_LT(width, last_width / 2);
    last_width = width;
  }
}

TEST(CurveBandTest, GroupsWiden) {
  // Every sample four times, as one patient's images: no more is known than from one of each.
  const Samples s = normal_samples(80, 1, 5);
  Samples four;
  SampleGroups patients{{}, 80};
  for (std::size_t i = 0; i < 320; ++i) {
    four.scores.push_back(s.scores[i / 4]);
    four.positive.push_back(s.positive[i / 4]);
    patients.of_sample.push_back(static_cast<std::int64_t>(i / 4));
  }
  const BandOptions options{.samples = 300};
  const CurveBand whole = roc_band(s.scores, s.positive, singleton_groups(80), options);
  const CurveBand grouped = roc_band(four.scores, four.positive, patients, options);
  EXPECT_EQ(whole.low, grouped.low);
  EXPECT_EQ(whole.high, grouped.high);
}

TEST(CurveBandTest, ASeparableClassHasNoWidthAndTheCornerAsCurve) {
  const std::vector<double> scores{0.9, 0.8, 0.7, 0.2, 0.1, 0.05};
  const std::vector<std::uint8_t> positive{1, 1, 1, 0, 0, 0};
  const CurveBand roc = roc_band(scores, positive, singleton_groups(6), {.samples = 200});
  EXPECT_THAT(roc.low, Each(1.0));
  const CurveBand pr =
      precision_recall_band(scores, positive, singleton_groups(6), {.samples = 50});
  EXPECT_THAT(pr.low, Each(1.0));
}

TEST(CurveBandTest, PrecisionOfAConstantScoreIsThePrevalenceOfEachResample) {
  const std::vector<double> scores(40, 0.5);
  std::vector<std::uint8_t> positive(40, 0);
  for (std::size_t i = 0; i < 10; ++i) positive[i] = 1;
  const CurveBand band = precision_recall_band(scores, positive, singleton_groups(40), {});
  EXPECT_EQ(band.low.front(), band.low.back());
  EXPECT_NEAR(band.low[50], 0.125, 0.03);
  EXPECT_NEAR(band.high[50], 0.39, 0.03);
  // A chance score's ROC curve is the diagonal in every resample.
  const CurveBand roc = roc_band(scores, positive, singleton_groups(40), {.samples = 50});
  EXPECT_DOUBLE_EQ(roc.low[30], 0.3);
  EXPECT_DOUBLE_EQ(roc.high[30], 0.3);
}

TEST(CurveBandTest, WithoutPositivesThereIsNone) {
  const CurveBand band = roc_band(std::vector<double>{0.1, 0.2}, std::vector<std::uint8_t>{0, 0},
                                  singleton_groups(2), {.samples = 20});
  EXPECT_TRUE(std::isnan(band.low[50]));
  EXPECT_TRUE(roc_band(std::vector<double>{0.1}, std::vector<std::uint8_t>{0}, singleton_groups(1),
                       {.samples = 0})
                  .x.empty());
}

TEST(CurveBandTest, IsTheSameForAnyNumberOfWorkers) {
  const Samples s = normal_samples(50, 1, 8);
  const auto band = [&](std::int64_t workers) {
    return precision_recall_band(s.scores, s.positive, singleton_groups(50),
                                 {.samples = 40, .workers = workers});
  };
  EXPECT_EQ(band(1).low, band(3).low);
}

}  // namespace
}  // namespace xrayclf
