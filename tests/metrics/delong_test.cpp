#include "xrayclf/metrics/delong.hpp"

#include <gtest/gtest.h>

#include "support/golden_cases.hpp"
#include "xrayclf/core/random.hpp"

namespace xrayclf {
namespace {

using test::expect_number;

std::vector<std::uint8_t> flags(const nlohmann::json& labels) {
  return labels.get<std::vector<std::uint8_t>>();
}

void expect_interval(const Interval& actual, const nlohmann::json& expected, double tolerance) {
  expect_number(actual.low, expected.is_null() ? expected : expected.at(0), tolerance);
  expect_number(actual.high, expected.is_null() ? expected : expected.at(1), tolerance);
}

TEST(DelongGoldenTest, VariancesAndIntervalsEqualThePapersFormulas) {
  test::for_each_golden_row("auc_variance", [](const nlohmann::json& row, double tolerance) {
    const AurocEstimate estimate =
        delong({row.at("scores").get<std::vector<double>>()}, flags(row.at("labels")));
    const double auroc = estimate.auroc[0];
    const double variance = estimate.covariance[0][0];
    const double error =
        hanley_mcneil_error(auroc, row.at("n_pos").get<std::int64_t>(), row.at("n_neg"));
    expect_number(auroc, row.at("auc"), tolerance);
    expect_number(variance, row.at("delong_variance"), tolerance);
    expect_number(error, row.at("hanley_mcneil_se"), tolerance);
    for (const auto& [se, key] :
         {std::pair{std::sqrt(variance), "delong_ci95"}, std::pair{error, "hanley_mcneil_ci95"}}) {
      SCOPED_TRACE(key);
      expect_interval(auroc_interval_wald(auroc, se), row.at(key).at("wald"), tolerance);
      expect_interval(auroc_interval_logit(auroc, se), row.at(key).at("logit"), tolerance);
    }
  });
}

TEST(DelongGoldenTest, PairedTestEqualsTheReference) {
  test::for_each_golden_row("delong_paired_test", [](const nlohmann::json& row, double tolerance) {
    const AurocEstimate estimate = delong({row.at("scores_a").get<std::vector<double>>(),
                                           row.at("scores_b").get<std::vector<double>>()},
                                          flags(row.at("labels")));
    const AurocTest test = delong_test(estimate);
    for (std::size_t a = 0; a < 2; ++a) {
      expect_number(estimate.auroc[a], row.at("auc").at(a), tolerance);
      for (std::size_t b = 0; b < 2; ++b) {
        expect_number(estimate.covariance[a][b], row.at("covariance").at(a).at(b), tolerance);
      }
    }
    expect_number(test.variance, row.at("variance_of_difference"), tolerance);
    expect_number(test.z, row.at("z"), tolerance);
    expect_number(test.p_value, row.at("p_two_sided"), tolerance);
  });
}

struct Sample {
  std::vector<double> scores;
  std::vector<std::uint8_t> positive;
};

Sample draw(std::uint64_t seed, int size) {
  Random random(seed);
  Sample out;
  for (int i = 0; i < size; ++i) {
    out.positive.push_back(random.chance(0.4) ? 1 : 0);
    out.scores.push_back(random.normal() + out.positive.back());
  }
  return out;
}

TEST(DelongTest, ClustersOfOneChangeNothing) {
  const Sample sample = draw(1, 60);
  std::vector<std::int64_t> own(60);
  for (std::size_t i = 0; i < own.size(); ++i) own[i] = 1000 - static_cast<std::int64_t>(i);
  const double plain = delong({sample.scores}, sample.positive).covariance[0][0];
  const double clustered = delong({sample.scores}, sample.positive, own).covariance[0][0];
  EXPECT_NEAR(plain, clustered, 1e-15);
}

TEST(DelongTest, CopiesInAClusterAddNoInformation) {
  const Sample once = draw(2, 300);
  Sample thrice;
  std::vector<std::int64_t> clusters;
  for (std::size_t i = 0; i < once.scores.size(); ++i) {
    for (int copy = 0; copy < 3; ++copy) {
      thrice.scores.push_back(once.scores[i]);
      thrice.positive.push_back(once.positive[i]);
      clusters.push_back(static_cast<std::int64_t>(i));
    }
  }
  const double of_once = delong({once.scores}, once.positive).covariance[0][0];
  const AurocEstimate of_copies = delong({thrice.scores}, thrice.positive, clusters);
  EXPECT_NEAR(of_copies.covariance[0][0], of_once, 1e-12);
  // Taken as independent they would seem to be three times the data.
  const double naive = delong({thrice.scores}, thrice.positive).covariance[0][0];
  EXPECT_NEAR(naive * 3, of_once, of_once * 0.02);
}

TEST(DelongTest, VarianceOfMixedClustersAgreesWithDrawingClusters) {
  // Patients with positive and negative images and a shared effect: the variance over fresh
  // populations is what the estimate must find on average.
  constexpr int kPopulations = 400;
  constexpr int kPatients = 60;
  double sum = 0, squares = 0, estimated = 0;
  for (int population = 0; population < kPopulations; ++population) {
    Random random(derive_seed(9, {static_cast<std::uint64_t>(population)}));
    Sample sample;
    std::vector<std::int64_t> clusters;
    for (int patient = 0; patient < kPatients; ++patient) {
      const double effect = random.normal();
      const int images = 1 + static_cast<int>(random.below(4));
      for (int i = 0; i < images; ++i) {
        sample.positive.push_back(random.chance(0.5) ? 1 : 0);
        sample.scores.push_back(effect + 0.5 * random.normal() + sample.positive.back());
        clusters.push_back(patient);
      }
    }
    const AurocEstimate estimate = delong({sample.scores}, sample.positive, clusters);
    sum += estimate.auroc[0];
    squares += estimate.auroc[0] * estimate.auroc[0];
    estimated += estimate.covariance[0][0];
  }
  const double mean = sum / kPopulations;
  const double variance = (squares - sum * mean) / (kPopulations - 1);
  EXPECT_NEAR(estimated / kPopulations / variance, 1, 0.2);  // 400 draws: a tenth is one deviation
}

TEST(DelongTest, EqualScoresWithoutVarianceAreNoDifference) {
  const std::vector<double> perfect{1, 2, 3, 4};
  const std::vector<std::uint8_t> positive{0, 0, 1, 1};
  const AurocTest test = delong_test(delong({perfect, perfect}, positive));
  EXPECT_EQ(test.p_value, 1);
  EXPECT_TRUE(std::isnan(test.z));
  EXPECT_TRUE(std::isnan(delong({perfect}, std::vector<std::uint8_t>{0, 0, 0, 0}).auroc[0]));
}

}  // namespace
}  // namespace xrayclf
