#include <gtest/gtest.h>

#include <cmath>

#include "support/golden_evaluation.hpp"
#include "support/golden_metrics.hpp"
#include "xrayclf/metrics/delong.hpp"
#include "xrayclf/metrics/roc.hpp"

namespace xrayclf {
namespace {

void expect_point(const std::optional<OperatingPoint>& point, const nlohmann::json& expected) {
  ASSERT_TRUE(point.has_value());
  EXPECT_EQ(point->threshold, test::golden_number(expected.at(0)));
  EXPECT_NEAR(point->sensitivity, expected.at(1).get<double>(), 1e-12);
  EXPECT_NEAR(point->specificity, expected.at(2).get<double>(), 1e-12);
}

TEST(OperatingPointGoldenTest, ThresholdsEqualThoseOfScikitLearnsCurve) {
  for (const nlohmann::json& golden : test::golden_evaluation().at("cases")) {
    const auto truth = golden.at("truth").get<std::vector<std::int64_t>>();
    const auto values = golden.at("values").get<std::vector<std::vector<double>>>();
    for (std::int64_t c = 0; c < golden.at("classes").get<std::int64_t>(); ++c) {
      SCOPED_TRACE(golden.at("classes").dump() + " classes, class " + std::to_string(c));
      std::vector<double> scores;
      for (const auto& row : values) scores.push_back(row[static_cast<std::size_t>(c)]);
      const RocCurve curve = roc_curve(scores, is_class(truth, c));
      const auto& expected = golden.at("operating_points").at(static_cast<std::size_t>(c));
      expect_point(youden_point(curve), expected.at("youden"));
      for (const auto& [key, target] :
           {std::pair{"0.5", 0.5}, {"0.8", 0.8}, {"0.9", 0.9}, {"1.0", 1.0}}) {
        SCOPED_TRACE(key);
        expect_point(point_at_sensitivity(curve, target),
                     expected.at(std::string("sensitivity_") + key));
        expect_point(point_at_specificity(curve, target),
                     expected.at(std::string("specificity_") + key));
      }
    }
  }
}

TEST(OperatingPointTest, ByHand) {
  // Positives 0.9, 0.6, 0.2; negatives 0.8, 0.4, 0.3, 0.1.
  const std::vector<double> scores = {0.9, 0.6, 0.2, 0.8, 0.4, 0.3, 0.1};
  const std::vector<std::uint8_t> positive = {1, 1, 1, 0, 0, 0, 0};
  const RocCurve curve = roc_curve(scores, positive);
  EXPECT_EQ(point_at_sensitivity(curve, 0.6)->threshold, 0.6);
  EXPECT_EQ(point_at_sensitivity(curve, 0.7)->threshold, 0.2);
  EXPECT_EQ(point_at_specificity(curve, 0.75)->threshold, 0.6);
  EXPECT_EQ(point_at_specificity(curve, 1)->threshold, 0.9);
  EXPECT_TRUE(std::isinf(
      point_at_specificity(roc_curve(scores, std::vector<std::uint8_t>{0, 1, 1, 0, 0, 0, 0}), 1)
          ->threshold));
  const RocCurve one_sided = roc_curve(scores, std::vector<std::uint8_t>(7, 1));
  EXPECT_FALSE(point_at_sensitivity(one_sided, 0.5).has_value());
  EXPECT_FALSE(point_at_specificity(one_sided, 0.5).has_value());
}

TEST(DelongMacroTest, OfOneClassIsDelongAndOfTwoComplementaryOnesToo) {
  const std::vector<std::int64_t> truth = {1, 1, 1, 0, 0, 0, 0};
  const std::vector<double> a = {0.9, 0.6, 0.2, 0.8, 0.4, 0.3, 0.1};
  const std::vector<double> b = {0.7, 0.8, 0.5, 0.6, 0.4, 0.5, 0.2};
  const auto complement = [](std::vector<double> scores) {
    for (double& score : scores) score = 1 - score;
    return scores;
  };
  const AurocEstimate expected = delong({a, b}, is_class(truth, 1));
  for (const std::vector<std::int64_t>& classes :
       {std::vector<std::int64_t>{1}, std::vector<std::int64_t>{0, 1}}) {
    const AurocEstimate macro =
        delong_macro({{complement(a), a}, {complement(b), b}}, truth, classes);
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_NEAR(macro.auroc[i], expected.auroc[i], 1e-15);
      for (std::size_t j = 0; j < 2; ++j) {
        EXPECT_NEAR(macro.covariance[i][j], expected.covariance[i][j], 1e-15);
      }
    }
  }
}

TEST(DelongMacroTest, CopiesOfEverySampleInOneClusterChangeLittle) {
  const std::vector<std::int64_t> truth = {0, 0, 0, 1, 1, 1, 2, 2, 2, 0, 1, 2};
  std::vector<std::vector<double>> scores(3);
  for (std::size_t c = 0; c < 3; ++c) {
    for (std::size_t i = 0; i < truth.size(); ++i) {
      scores[c].push_back(std::sin(static_cast<double>(3 * i + 5 * c)) +
                          (truth[i] == static_cast<std::int64_t>(c) ? 0.8 : 0));
    }
  }
  const std::vector<std::int64_t> classes = {0, 1, 2};
  const double single = delong_macro({scores}, truth, classes).covariance[0][0];
  std::vector<std::int64_t> twice = truth, clusters;
  twice.insert(twice.end(), truth.begin(), truth.end());
  for (std::size_t i = 0; i < twice.size(); ++i) {
    clusters.push_back(static_cast<std::int64_t>(i % truth.size()));
  }
  for (auto& column : scores) {
    const std::vector<double> copy = column;
    column.insert(column.end(), copy.begin(), copy.end());
  }
  EXPECT_NEAR(delong_macro({scores}, twice, classes, clusters).covariance[0][0], single, 1e-15);
  EXPECT_LT(delong_macro({scores}, twice, classes).covariance[0][0], 0.6 * single);
  EXPECT_TRUE(std::isnan(delong_macro({scores}, twice, {}).auroc[0]));
}

}  // namespace
}  // namespace xrayclf
