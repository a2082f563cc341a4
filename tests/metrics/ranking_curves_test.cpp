#include <gtest/gtest.h>

#include "support/golden_cases.hpp"
#include "xrayclf/core/random.hpp"
#include "xrayclf/metrics/precision_recall.hpp"
#include "xrayclf/metrics/ranking.hpp"
#include "xrayclf/metrics/roc.hpp"

namespace xrayclf {
namespace {

using test::expect_number;
using test::expect_numbers;
using test::GoldenCase;

constexpr double kTolerance = 1e-12;

void expect_curve(const RocCurve& curve, const nlohmann::json& expected) {
  ASSERT_EQ(curve.size(), expected.at("thresholds").size());
  for (std::size_t i = 0; i < curve.size(); ++i) {
    SCOPED_TRACE("point " + std::to_string(i));
    EXPECT_EQ(curve.thresholds[i], test::golden_number(expected.at("thresholds").at(i)));
    expect_number(curve.sensitivity(i), expected.at("tpr").at(i), kTolerance);
    expect_number(curve.false_positive_rate(i), expected.at("fpr").at(i), kTolerance);
  }
}

TEST(RocGoldenTest, CurvesEqualScikitLearnWithAndWithoutIntermediatePoints) {
  test::for_each_golden_case([](const GoldenCase& golden) {
    for (const auto& expected : golden.expected.at("roc")) {
      SCOPED_TRACE("class " + expected.at("class").dump());
      const auto positive = is_class(golden.truth, expected.at("class"));
      const auto scores = golden.column(expected.at("class"));
      expect_curve(roc_curve(scores, positive), expected.at("all"));
      expect_curve(roc_curve(scores, positive, RocPoints::corners),
                   expected.at("drop_intermediate"));
      expect_number(auroc(scores, positive), expected.at("auc").at("value"), kTolerance);
    }
  });
}

TEST(RocGoldenTest, YoudenPointIsExactAndPrefersTheHighestThreshold) {
  test::for_each_golden_case([](const GoldenCase& golden) {
    for (const auto& entry : golden.expected.at("roc")) {
      SCOPED_TRACE("class " + entry.at("class").dump());
      const auto best = youden_point(
          roc_curve(golden.column(entry.at("class")), is_class(golden.truth, entry.at("class"))));
      const auto& expected = entry.at("youden");
      ASSERT_EQ(best.has_value(), !expected.is_null());
      if (!best) continue;
      EXPECT_EQ(best->point, expected.at("index"));
      EXPECT_EQ(best->threshold, test::golden_number(expected.at("threshold")));
      expect_number(best->youden(), expected.at("j"), kTolerance);
      expect_number(best->sensitivity, expected.at("tpr"), kTolerance);
      expect_number(best->specificity, expected.at("specificity"), kTolerance);
      EXPECT_EQ(best->tied, expected.at("n_tied"));
    }
  });
}

TEST(PrecisionRecallGoldenTest, CurvesAndAveragePrecisionEqualScikitLearn) {
  test::for_each_golden_case([](const GoldenCase& golden) {
    for (const auto& expected : golden.expected.at("precision_recall")) {
      SCOPED_TRACE("class " + expected.at("class").dump());
      const auto positive = is_class(golden.truth, expected.at("class"));
      const auto scores = golden.column(expected.at("class"));
      const PrecisionRecallCurve curve = precision_recall_curve(scores, positive);
      expect_numbers(curve.thresholds, expected.at("thresholds"), 0);
      expect_numbers(curve.precision, expected.at("precision"), kTolerance);
      expect_numbers(curve.recall, expected.at("recall"), kTolerance);
      const bool no_positives = std::count(positive.begin(), positive.end(), std::uint8_t{1}) == 0;
      // scikit-learn says 0 without positives; it is undefined.
      expect_number(average_precision(scores, positive),
                    no_positives ? nlohmann::json() : expected.at("average_precision").at("value"),
                    kTolerance);
    }
  });
}

TEST(RankingTest, CountsOfAResampleActAsRepeatedSamples) {
  Random random(3);
  std::vector<double> scores, repeated_scores;
  std::vector<std::int64_t> labels, counts, repeated_labels;
  for (int i = 0; i < 200; ++i) {
    scores.push_back(static_cast<double>(random.below(12)) / 12);  // many ties
    labels.push_back(static_cast<std::int64_t>(random.below(3)));
    counts.push_back(static_cast<std::int64_t>(random.below(4)));
    for (std::int64_t c = 0; c < counts.back(); ++c) {
      repeated_scores.push_back(scores.back());
      repeated_labels.push_back(labels.back());
    }
  }
  const std::vector<std::int64_t> once(repeated_scores.size(), 1);
  const auto weighted = Ranking(scores, labels, 1, 3).areas(counts);
  const auto repeated = Ranking(repeated_scores, repeated_labels, 1, 3).areas(once);
  EXPECT_EQ(weighted.half_wins, repeated.half_wins);
  EXPECT_EQ(weighted.support, repeated.support);
  EXPECT_DOUBLE_EQ(weighted.average_precision, repeated.average_precision);

  std::int64_t half_wins = 0;  // by definition: every pair of a positive and a sample of class 2
  for (std::size_t i = 0; i < repeated_scores.size(); ++i) {
    for (std::size_t j = 0; j < repeated_scores.size(); ++j) {
      if (repeated_labels[i] != 1 || repeated_labels[j] != 2) continue;
      half_wins += repeated_scores[i] > repeated_scores[j]    ? 2
                   : repeated_scores[i] == repeated_scores[j] ? 1
                                                              : 0;
    }
  }
  EXPECT_EQ(weighted.half_wins[2], half_wins);
}

}  // namespace
}  // namespace xrayclf
