#include "xrayclf/evaluation/uncertainty_assessment.hpp"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {

Predictions four() {
  Predictions p;
  p.classes = {"A", "B"};
  p.paths = {"1", "2", "3", "4"};
  p.patients = {"", "", "", ""};
  p.truth = {0, 0, 1, 1};
  p.probabilities = {0.9, 0.1, 0.4, 0.6, 0.2, 0.8, 0.55, 0.45};
  return p;
}

TEST(PredictionSetsTest, AssessmentByHand) {
  // At most 0.5 of 1 - p: sets {A}, {B}, {B}, {A}; the second and the fourth miss the truth.
  const ConformalThresholds half{{0.9, ConformalScore::lac, false}, {0.5, 0.5}, {20, 20}};
  const SetAssessment out = assess_sets(four(), half, 0.95);
  EXPECT_DOUBLE_EQ(*out.coverage.value, 0.5);
  EXPECT_DOUBLE_EQ(*out.per_class[1].value, 0.5);
  EXPECT_DOUBLE_EQ(out.mean_size, 1);
  EXPECT_DOUBLE_EQ(out.single, 1);
  // At most 0.15: {A}, {}, {}, {}.
  const ConformalThresholds low{{0.9, ConformalScore::lac, true}, {0.15, 0.15}, {20, 20}};
  EXPECT_DOUBLE_EQ(assess_sets(four(), low, 0.95).empty, 0.75);
  EXPECT_FALSE(assess_sets(four(), low, 0.95).expected.has_value());
}

TEST(PredictionSetsTest, ThresholdsSurviveJsonAndForeignOnesAreRefused) {
  const ConformalThresholds thresholds{
      {0.8, ConformalScore::aps, true}, {0.25, std::numeric_limits<double>::infinity()}, {30, 2}};
  const auto json = to_json(thresholds);
  EXPECT_TRUE(json["thresholds"][1].is_null());
  const ConformalThresholds back = conformal_thresholds_from_json(json, 2);
  EXPECT_EQ(back.thresholds, thresholds.thresholds);
  EXPECT_EQ(back.images, thresholds.images);
  EXPECT_EQ(back.config.score, ConformalScore::aps);
  EXPECT_TRUE(back.config.class_conditional);
  EXPECT_THROW(conformal_thresholds_from_json(json, 3), ConfigError);
  EXPECT_THROW(conformal_thresholds_from_json({{"thresholds", 1}}, 2), ConfigError);
}

TEST(PredictionSetsTest, TextSaysWhetherTheCoverageIsAsStated) {
  const ConformalThresholds half{{0.9, ConformalScore::lac, false}, {0.5, 0.5}, {20, 20}};
  Predictions many;
  for (int i = 0; i < 25; ++i) append(many, four());
  EXPECT_THAT(sets_text(assess_sets(many, half, 0.95), many.classes),
              ::testing::HasSubstr("of another kind"));
  // By class the promise is about each class: half of A's and half of B's are covered.
  const ConformalThresholds by_class{{0.5, ConformalScore::lac, true}, {0.5, 0.5}, {40, 10}};
  const SetAssessment assessed = assess_sets(many, by_class, 0.95);
  EXPECT_FALSE(assessed.expected.has_value());
  ASSERT_EQ(assessed.expected_of_class.size(), 2u);
  const Interval of_a = *assessed.expected_of_class[0];
  const Interval of_b = *assessed.expected_of_class[1];
  EXPECT_EQ(of_a.low, expected_coverage(40, 50, 0.5).low);
  EXPECT_GT(of_b.high - of_b.low, of_a.high - of_a.low);  // fewer images say less
  EXPECT_THAT(sets_text(assessed, many.classes), ::testing::HasSubstr("as stated"));
  EXPECT_TRUE(sets_json(assessed, many.classes)["coverage_by_class"]["A"].contains("expected"));
}

TEST(UncertaintyAssessmentTest, TheThresholdIsChosenOnOneSetAndJudgedOnAnother) {
  // Confidences 0.9, 0.6, 0.8, 0.55, of which the second and the fourth are wrong.
  Predictions held_out = four();
  held_out.truth = {0, 0, 1, 1};
  const UncertaintyThresholds chosen = fit_thresholds(held_out, {}, 0.2);
  EXPECT_DOUBLE_EQ(chosen.answer.confidence, 0.8);
  Predictions test = four();
  test.truth = {1, 1, 1, 0};  // now the first is wrong, and answered
  const UncertaintyAssessment out = assess_uncertainty(test, chosen, 0.95);
  EXPECT_DOUBLE_EQ(*out.answered.value, 0.5);
  EXPECT_DOUBLE_EQ(*out.risk.value, 0.5);
  const auto json = uncertainty_json(out, test.classes);
  EXPECT_DOUBLE_EQ(json["abstention"]["confidence"].get<double>(), 0.8);
  EXPECT_THAT(uncertainty_text(out, test.classes), ::testing::HasSubstr("at least 0.800"));
}

TEST(UncertaintyAssessmentTest, WhereNoConfidenceIsEnoughNothingIsAnswered) {
  Predictions wrong = four();
  wrong.truth = {1, 0, 0, 1};
  const UncertaintyThresholds none = fit_thresholds(wrong, {}, 0.1);
  EXPECT_TRUE(std::isinf(none.answer.confidence));
  const UncertaintyAssessment out = assess_uncertainty(four(), none, 0.95);
  EXPECT_DOUBLE_EQ(*out.answered.value, 0);
  EXPECT_FALSE(out.risk.value.has_value());
  EXPECT_TRUE(uncertainty_json(out, wrong.classes)["abstention"]["confidence"].is_null());
  EXPECT_THAT(uncertainty_text(out, wrong.classes), ::testing::HasSubstr("leaves nothing"));
}

}  // namespace
}  // namespace xrayclf
