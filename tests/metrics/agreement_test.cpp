#include "xrayclf/metrics/agreement.hpp"

#include <gtest/gtest.h>

#include "support/golden_cases.hpp"

namespace xrayclf {
namespace {

using test::expect_number;

TEST(AgreementGoldenTest, CohenOfEveryPairEqualsTheReference) {
  test::for_each_golden_row("reader_agreement", [](const nlohmann::json& row, double tolerance) {
    for (const auto& pair : row.at("pairs")) {
      ConfusionMatrix matrix(row.at("n_classes"));
      for (const auto& rating : row.at("ratings")) {
        matrix.add(rating.at(pair.at("a").get<std::size_t>()),
                   rating.at(pair.at("b").get<std::size_t>()));
      }
      const ReaderAgreement agreement = reader_agreement(matrix);
      expect_number(agreement.percent, pair.at("percent_agreement"), tolerance);
      expect_number(agreement.kappa, pair.at("cohen"), tolerance);
      expect_number(matrix.cohen_kappa(KappaWeights::quadratic), pair.at("cohen_quadratic"),
                    tolerance);
      // A perfect agreement has error 0; the reference's rounding makes it 1e-9 or NaN.
      const double error_tolerance = agreement.kappa == 1 ? 1e-7 : tolerance;
      expect_number(agreement.error, pair.at("se"), error_tolerance);
      expect_number(agreement.interval.low, pair.at("ci95").at(0), error_tolerance);
      expect_number(agreement.interval.high, pair.at("ci95").at(1), error_tolerance);
    }
  });
}

TEST(AgreementGoldenTest, FleissAndRandolphEqualStatsmodels) {
  test::for_each_golden_row("reader_agreement", [](const nlohmann::json& row, double tolerance) {
    std::vector<std::int64_t> counts;
    for (const auto& image : row.at("counts")) {
      for (const auto& count : image) counts.push_back(count);
    }
    const GroupAgreement agreement = group_agreement(counts, row.at("n_classes"));
    expect_number(agreement.fleiss, row.at("fleiss"), tolerance);
    expect_number(agreement.randolph, row.at("randolph"), tolerance);
  });
}

}  // namespace
}  // namespace xrayclf
