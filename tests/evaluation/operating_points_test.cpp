#include "xrayclf/evaluation/operating_points.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/golden_evaluation.hpp"
#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {

using test::make_predictions;
using testing::HasSubstr;

/// Probabilities of class 1, the rest for class 0.
Predictions binary(const std::vector<std::int64_t>& truth, const std::vector<double>& scores) {
  std::vector<std::vector<double>> values;
  for (const double score : scores) values.push_back({1 - score, score});
  return make_predictions(truth, values);
}

const Predictions kValidation = binary({1, 1, 1, 0, 0, 0, 0}, {0.9, 0.6, 0.2, 0.8, 0.4, 0.3, 0.1});
const Predictions kTest = binary({1, 1, 0, 0, 0}, {0.7, 0.3, 0.6, 0.2, 0.1});

TEST(OperatingPointsTest, ThresholdsOfValidationAreAppliedToTheTest) {
  OperatingConfig config;
  config.sensitivity = 0.6;
  config.specificity = 0.75;
  Prevalences prevalences;
  prevalences.of_class["class 1"] = 0.1;
  const OperatingPoints points =
      operating_points(kValidation, "v.csv", kTest, config, prevalences, {});
  ASSERT_EQ(points.of_class.size(), 2u);
  for (const ClassOperatingPoint& point : points.of_class[1]) {
    SCOPED_TRACE(std::string(name_of(point.rule)));
    // At least 0.6: true positive 0.7, false positive 0.6.
    EXPECT_EQ(point.threshold, 0.6);
    EXPECT_NEAR(point.validation_sensitivity, 2.0 / 3, 1e-15);
    EXPECT_NEAR(point.validation_specificity, 0.75, 1e-15);
    const auto value = [&](const char* name) { return *find_figure(point.figures, name).value; };
    EXPECT_DOUBLE_EQ(value("sensitivity"), 0.5);
    EXPECT_DOUBLE_EQ(value("specificity"), 2.0 / 3);
    EXPECT_DOUBLE_EQ(value("ppv"), 0.5);
    EXPECT_DOUBLE_EQ(value("npv"), 2.0 / 3);
    // 0.5 * 0.1 / (0.5 * 0.1 + 1/3 * 0.9)
    EXPECT_NEAR(value("adjusted_ppv"), 0.05 / 0.35, 1e-15);
    for (const auto& [name, figure] : point.figures) EXPECT_TRUE(figure.interval) << name;
  }
  EXPECT_EQ(points.of_class[0][0].figures.size(), 4u) << "no prevalence was given for class 0";
  const auto json = operating_points_json(points);
  EXPECT_EQ(json.at("per_class").at("class 1").at(0).at("rule"), "youden");
  EXPECT_EQ(json.at("per_class").at("class 1").at(1).at("target"), 0.6);
  EXPECT_THAT(operating_points_text(points), HasSubstr("sensitivity 0.6"));
}

TEST(OperatingPointsTest, WhatIsUndefinedIsNullWithAReason) {
  const Predictions one_sided = binary({0, 0, 0}, {0.7, 0.2, 0.1});
  const OperatingPoints none = operating_points(one_sided, "v", kTest, {}, {}, {});
  EXPECT_FALSE(none.of_class[1][0].threshold);
  EXPECT_THAT(none.of_class[1][0].reason, HasSubstr("no image is of class 'class 1'"));
  EXPECT_THAT(none.of_class[0][0].reason, HasSubstr("every image"));
  const auto json = operating_points_json(none).at("per_class").at("class 1").at(0);
  EXPECT_TRUE(json.at("threshold").is_null());
  EXPECT_FALSE(json.contains("sensitivity"));

  const OperatingPoints applied =
      operating_points(kValidation, "v", binary({0, 0}, {0.1, 0.2}), {}, {}, {});
  const Figures& figures = applied.of_class[1][0].figures;
  EXPECT_THAT(find_figure(figures, "sensitivity").reason, HasSubstr("no sample is of class"));
  EXPECT_THAT(find_figure(figures, "ppv").reason, HasSubstr("no sample reaches"));
  EXPECT_EQ(*find_figure(figures, "specificity").value, 1);

  OperatingConfig strict;
  strict.rules = {OperatingRule::specificity};
  strict.specificity = 1;
  const OperatingPoints unreachable =
      operating_points(binary({0, 1, 1}, {0.9, 0.5, 0.4}), "v", kTest, strict, {}, {});
  EXPECT_THAT(unreachable.of_class[1][0].reason, HasSubstr("finds any 'class 1' at specificity 1"));
}

TEST(PrevalencesTest, MustBeSharesOfClassesThatThereAre) {
  const auto read = [](const char* text) {
    return read_json<Prevalences>(nlohmann::json::parse(text), "prevalence");
  };
  EXPECT_EQ(read(R"({"a": 0.25})").find("a"), 0.25);
  EXPECT_THROW(read(R"({"a": 0})"), ConfigError);
  EXPECT_THROW(read(R"({"a": 1})"), ConfigError);
  EXPECT_THROW(read(R"({"a": "0.5"})"), ConfigError);
  EXPECT_THROW(read(R"([0.5])"), ConfigError);
  EXPECT_NO_THROW(read(R"({"a": 0.25})").require_fit({"a", "b"}));
  EXPECT_NO_THROW(read(R"({"a": 0.25, "b": 0.75})").require_fit({"a", "b"}));
  EXPECT_THROW(read(R"({"c": 0.25})").require_fit({"a", "b"}), ConfigError);
  EXPECT_THROW(read(R"({"a": 0.25, "b": 0.25})").require_fit({"a", "b"}), ConfigError);
  EXPECT_THROW(read(R"({"a": 0.7, "b": 0.7})").require_fit({"a", "b", "c"}), ConfigError);
}

TEST(PrevalencesTest, AtTheDatasOwnPrevalenceValuesAreTheDatasOwn) {
  Prevalences prevalences;
  prevalences.of_class["class 1"] = 0.4;  // 2 of 5
  const auto adjusted = adjusted_predictive_values(kTest, prevalences, {});
  ASSERT_EQ(adjusted.size(), 1u);
  // Named: 0.7 rightly, 0.6 wrongly; cleared: 0.3 wrongly, two rightly.
  EXPECT_NEAR(*find_figure(adjusted[0].figures, "ppv").value, 0.5, 1e-15);
  EXPECT_NEAR(*find_figure(adjusted[0].figures, "npv").value, 2.0 / 3, 1e-15);
  EXPECT_EQ(adjusted_json(adjusted).at("class 1").at("prevalence"), 0.4);
  EXPECT_TRUE(adjusted_predictive_values(kTest, {}, {}).empty());
}

TEST(PrevalencesTest, SeveralImagesOfAPatientWidenTheInterval) {
  Predictions copies = kTest;
  for (int copy = 0; copy < 3; ++copy) append(copies, kTest);
  Prevalences prevalences;
  prevalences.of_class["class 1"] = 0.1;
  const auto width = [&](const Predictions& predictions) {
    const auto values = adjusted_predictive_values(predictions, prevalences, {});
    const Figure& figure = find_figure(values.at(0).figures, "ppv");
    return figure.interval->high - figure.interval->low;
  };
  const double independent = width(copies);
  for (std::size_t i = 0; i < copies.size(); ++i) {
    copies.patients[i] = "patient " + std::to_string(i % kTest.size());
  }
  EXPECT_GT(width(copies), 1.2 * independent);
}

}  // namespace
}  // namespace xrayclf
