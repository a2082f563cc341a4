#include "xrayclf/metrics/multiclass.hpp"

#include <gtest/gtest.h>

#include "support/golden_cases.hpp"
#include "xrayclf/metrics/scoring.hpp"

namespace xrayclf {
namespace {

using test::expect_number;
using test::GoldenCase;

constexpr double kTolerance = 1e-12;

/// scikit-learn's answer where it needs every class (or pair) and ours where some are missing.
void expect_if_given(double actual, const nlohmann::json& outcome) {
  if (!outcome.at("value").is_null()) expect_number(actual, outcome.at("value"), kTolerance);
}

TEST(MulticlassAurocGoldenTest, MeansEqualScikitLearn) {
  test::for_each_golden_case([](const GoldenCase& golden) {
    const MulticlassAuroc auroc = multiclass_areas(golden.truth, golden.matrix()).auroc;
    const auto& expected = golden.expected.at("auc");
    for (std::size_t c = 0; c < auroc.per_class.size(); ++c) {
      expect_number(auroc.per_class[c], golden.expected.at("roc").at(c).at("auc").at("value"),
                    kTolerance);
    }
    expect_number(auroc.macro, expected.at("macro_of_defined"), kTolerance);
    expect_number(auroc.micro, expected.at("micro_flattened").at("value"), kTolerance);
    if (expected.contains("sklearn_binary")) {
      expect_number(auroc.per_class.at(1), expected.at("sklearn_binary").at("value"), kTolerance);
      return;
    }
    expect_if_given(auroc.macro, expected.at("sklearn_ovr_macro"));
    expect_if_given(auroc.weighted, expected.at("sklearn_ovr_weighted"));
    expect_if_given(auroc.micro, expected.at("sklearn_ovr_micro"));
    expect_if_given(auroc.ovo_macro, expected.at("sklearn_ovo_macro"));
    expect_if_given(auroc.ovo_weighted, expected.at("sklearn_ovo_weighted"));
    ASSERT_EQ(auroc.pairs.size(), expected.at("ovo_pairs").size());
    for (std::size_t i = 0; i < auroc.pairs.size(); ++i) {
      const auto& pair = expected.at("ovo_pairs").at(i);
      EXPECT_EQ(auroc.pairs[i].a, pair.at("a"));
      EXPECT_EQ(auroc.pairs[i].b, pair.at("b"));
      EXPECT_EQ(auroc.pairs[i].samples, pair.at("n"));
      expect_number(auroc.pairs[i].auroc_a, pair.at("auc_a"), kTolerance);
      expect_number(auroc.pairs[i].auroc_b, pair.at("auc_b"), kTolerance);
      expect_number(auroc.pairs[i].auroc, pair.at("auc"), kTolerance);
    }
  });
}

TEST(MulticlassAveragePrecisionGoldenTest, MeansEqualScikitLearn) {
  test::for_each_golden_case([](const GoldenCase& golden) {
    const MulticlassAveragePrecision precision =
        multiclass_areas(golden.truth, golden.matrix()).average_precision;
    const auto& expected = golden.expected.at("average_precision");
    expect_number(precision.micro, expected.at("micro"), kTolerance);
    expect_number(precision.macro, expected.at("macro_of_present"), kTolerance);
    expect_number(precision.weighted, expected.at("weighted"), kTolerance);
    double with_absent_as_zero = 0;
    for (const double value : precision.per_class) {
      with_absent_as_zero += std::isnan(value) ? 0 : value;
    }
    expect_if_given(with_absent_as_zero / static_cast<double>(golden.classes),
                    expected.at("sklearn_macro_all_classes"));
  });
}

TEST(ScoringGoldenTest, BrierAndLogLossEqualScikitLearn) {
  test::for_each_golden_case([](const GoldenCase& golden) {
    const double brier = brier_score(golden.truth, golden.matrix());
    expect_number(brier, golden.expected.at("brier_sum"), kTolerance);
    expect_number(brier / 2, golden.expected.at("brier_half"), kTolerance);
    expect_if_given(golden.classes == 2 ? brier / 2 : brier, golden.expected.at("sklearn_brier"));
    expect_number(log_loss(golden.truth, golden.matrix()),
                  golden.expected.at("log_loss").at("value"), kTolerance);
    expect_number(log_loss(golden.truth, golden.matrix(), 1e-7),
                  golden.expected.at("log_loss_clip_1e-7"), kTolerance);
  });
}

TEST(ScoringGoldenTest, TopTwoFollowsEachRuleForTies) {
  test::for_each_golden_case([](const GoldenCase& golden) {
    const auto& expected = golden.expected.at("top2_accuracy");
    const auto top2 = [&](TieRule rule) {
      return top_k_accuracy(golden.truth, golden.matrix(), 2, rule);
    };
    expect_number(top2(TieRule::lowest_index), expected.at("lowest_index_wins"), kTolerance);
    expect_if_given(top2(TieRule::highest_index), expected.at("sklearn"));
    expect_number(top2(TieRule::true_class), expected.at("true_label_wins_ties"), kTolerance);
  });
}

}  // namespace
}  // namespace xrayclf
