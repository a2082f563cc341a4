#include "xrayclf/metrics/classification_report.hpp"

#include <gtest/gtest.h>

#include "support/golden_cases.hpp"

namespace xrayclf {
namespace {

using test::expect_number;
using test::GoldenCase;

constexpr double kTolerance = 1e-12;

ConfusionMatrix confusion(const GoldenCase& golden) {
  return ConfusionMatrix(golden.classes, golden.truth, golden.predicted);
}

void expect_scores(const ClassificationScores& actual, const nlohmann::json& expected) {
  expect_number(actual.precision, expected.at("precision"), kTolerance);
  expect_number(actual.recall, expected.at("recall"), kTolerance);
  expect_number(actual.f1, expected.at("f1_score"), kTolerance);
  EXPECT_EQ(static_cast<double>(actual.support), expected.at("support").get<double>());
}

TEST(ConfusionMatrixGoldenTest, CountsAndDecisionsAreExact) {
  test::for_each_golden_case([](const GoldenCase& golden) {
    for (std::int64_t i = 0; i < golden.matrix().rows(); ++i) {
      EXPECT_EQ(arg_max(golden.matrix().row(i)), golden.predicted[static_cast<std::size_t>(i)]);
    }
    const ConfusionMatrix matrix = confusion(golden);
    for (std::int64_t i = 0; i < golden.classes; ++i) {
      for (std::int64_t j = 0; j < golden.classes; ++j) {
        EXPECT_EQ(matrix(i, j), golden.expected.at("confusion_matrix").at(i).at(j));
      }
    }
    EXPECT_EQ(matrix.correct(), golden.expected.at("correct"));
    EXPECT_EQ(matrix.total(), golden.expected.at("n"));
  });
}

TEST(ConfusionMatrixGoldenTest, SummariesEqualScikitLearn) {
  test::for_each_golden_case([](const GoldenCase& golden) {
    const ConfusionMatrix matrix = confusion(golden);
    const auto value = [&](const char* key) { return golden.expected.at(key).at("value"); };
    expect_number(matrix.accuracy(), golden.expected.at("accuracy"), kTolerance);
    expect_number(matrix.balanced_accuracy(), value("balanced_accuracy"), kTolerance);
    expect_number(matrix.cohen_kappa(), value("cohen_kappa"), kTolerance);
    expect_number(matrix.cohen_kappa(KappaWeights::linear), value("cohen_kappa_linear"),
                  kTolerance);
    expect_number(matrix.cohen_kappa(KappaWeights::quadratic), value("cohen_kappa_quadratic"),
                  kTolerance);
    expect_number(matrix.mcc(), value("mcc"), kTolerance);
  });
}

TEST(ConfusionMatrixGoldenTest, OneVersusRestEqualsTheCountsAndRatios) {
  test::for_each_golden_case([](const GoldenCase& golden) {
    for (const auto& expected : golden.expected.at("one_vs_rest")) {
      const OneVersusRest counts = confusion(golden).one_versus_rest(expected.at("class"));
      EXPECT_EQ(counts.tp, expected.at("tp"));
      EXPECT_EQ(counts.fp, expected.at("fp"));
      EXPECT_EQ(counts.fn, expected.at("fn"));
      EXPECT_EQ(counts.tn, expected.at("tn"));
      expect_number(counts.sensitivity(), expected.at("sensitivity"), kTolerance);
      expect_number(counts.specificity(), expected.at("specificity"), kTolerance);
      expect_number(counts.ppv(), expected.at("ppv"), kTolerance);
      expect_number(counts.npv(), expected.at("npv"), kTolerance);
    }
  });
}

TEST(ClassificationReportGoldenTest, NumbersEqualScikitLearn) {
  test::for_each_golden_case([](const GoldenCase& golden) {
    const ClassificationReport report = classification_report(confusion(golden));
    const auto& expected = golden.expected.at("classification_report");
    ASSERT_EQ(report.per_class.size(), expected.at("per_class").size());
    for (std::size_t c = 0; c < report.per_class.size(); ++c) {
      expect_scores(report.per_class[c], expected.at("per_class").at(c));
    }
    expect_number(report.accuracy, expected.at("accuracy"), kTolerance);
    expect_scores(report.macro, expected.at("macro"));
    expect_scores(report.weighted, expected.at("weighted"));
  });
}

TEST(ClassificationReportGoldenTest, UndefinedRatiosCanStayOut) {
  test::for_each_golden_case([](const GoldenCase& golden) {
    const ClassificationReport report =
        classification_report(confusion(golden), ZeroDivision::undefined);
    const auto& expected = golden.expected.at("zero_division_nan");
    for (std::size_t c = 0; c < report.per_class.size(); ++c) {
      expect_number(report.per_class[c].precision, expected.at("precision").at(c), kTolerance);
      expect_number(report.per_class[c].recall, expected.at("recall").at(c), kTolerance);
      expect_number(report.per_class[c].f1, expected.at("f1").at(c), kTolerance);
    }
    for (const auto& [scores, key] :
         {std::pair{report.macro, "macro"}, {report.weighted, "weighted"}}) {
      SCOPED_TRACE(key);
      expect_number(scores.precision, expected.at(key).at(0), kTolerance);
      expect_number(scores.recall, expected.at(key).at(1), kTolerance);
      expect_number(scores.f1, expected.at(key).at(2), kTolerance);
    }
  });
}

TEST(ClassificationReportGoldenTest, TextIsByteForByteScikitLearns) {
  test::for_each_golden_case([](const GoldenCase& golden) {
    const ClassificationReport report = classification_report(confusion(golden));
    const auto& expected = golden.expected.at("classification_report");
    EXPECT_EQ(classification_report_text(report, golden.names, 2),
              expected.at("text_digits2").get<std::string>());
    EXPECT_EQ(classification_report_text(report, golden.names, 4),
              expected.at("text_digits4").get<std::string>());
  });
}

TEST(ClassificationReportTest, AlignsNamesByCodePoints) {
  ConfusionMatrix matrix(2);
  matrix.add(0, 0, 3);
  matrix.add(1, 0, 1);
  const std::string text = classification_report_text(classification_report(matrix),
                                                      {"肺炎", "Lungenentzündung, beidseitig"});
  // 28 code points of the longer name set the width; the shorter one has 2.
  EXPECT_NE(text.find("\n" + std::string(26, ' ') + "肺炎       0.75      1.00      0.86"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("\nLungenentzündung, beidseitig       0.00"), std::string::npos) << text;
}

TEST(ConfusionMatrixTest, RatiosWithoutDenominatorAreNan) {
  ConfusionMatrix matrix(3);
  matrix.add(0, 1, 4);
  EXPECT_TRUE(std::isnan(matrix.one_versus_rest(2).sensitivity()));
  EXPECT_TRUE(std::isnan(matrix.one_versus_rest(0).ppv()));
  EXPECT_TRUE(std::isnan(matrix.one_versus_rest(2).f1()));
  EXPECT_EQ(matrix.one_versus_rest(2).specificity(), 1);
  EXPECT_TRUE(std::isnan(ConfusionMatrix(2).accuracy()));
}

}  // namespace
}  // namespace xrayclf
