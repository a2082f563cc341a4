#include <gtest/gtest.h>

#include "support/golden_cases.hpp"
#include "xrayclf/metrics/mcnemar.hpp"
#include "xrayclf/metrics/multiple_testing.hpp"

namespace xrayclf {
namespace {

using test::expect_number;
using test::expect_numbers;

TEST(McNemarGoldenTest, EqualsStatsmodelsWhereThatIsDefined) {
  test::for_each_golden_row("mcnemar", [](const nlohmann::json& row, double tolerance) {
    const std::int64_t b = row.at("b");
    const std::int64_t c = row.at("c");
    for (const auto& [form, key] : {std::pair{McNemarForm::exact, "exact"},
                                    {McNemarForm::corrected, "chi2_corrected"},
                                    {McNemarForm::uncorrected, "chi2"}}) {
      SCOPED_TRACE(key);
      const McNemarTest test = mcnemar_test(b, c, form);
      if (b + c == 0) {
        EXPECT_EQ(test.p_value, 1);
        continue;
      }
      expect_number(test.statistic, row.at(key).at("statistic"), tolerance);
      expect_number(test.p_value, row.at(key).at("p"), tolerance);
    }
  });
}

TEST(MultipleTestingGoldenTest, AdjustedValuesEqualStatsmodels) {
  test::for_each_golden_row("benjamini_hochberg", [](const nlohmann::json& row, double tolerance) {
    const auto p_values = row.at("p").get<std::vector<double>>();
    const std::vector<double> adjusted = benjamini_hochberg(p_values);
    expect_numbers(adjusted, row.at("bh_adjusted"), tolerance);
    expect_numbers(holm(p_values), row.at("holm_adjusted"), tolerance);
    for (std::size_t i = 0; i < adjusted.size(); ++i) {
      EXPECT_EQ(adjusted[i] <= 0.05, row.at("bh_reject_0.05").at(i).get<bool>());
    }
  });
}

}  // namespace
}  // namespace xrayclf
