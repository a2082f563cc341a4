#include "xrayclf/evaluation/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "support/golden_cases.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/random.hpp"
#include "xrayclf/metrics/delong.hpp"
#include "xrayclf/metrics/proportion.hpp"
#include "xrayclf/metrics/roc.hpp"

namespace xrayclf {
namespace {

using nlohmann::ordered_json;
using test::GoldenCase;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Predictions predictions_of(const GoldenCase& golden) {
  Predictions out;
  out.classes = golden.names;
  out.truth = golden.truth;
  out.probabilities = golden.values;
  out.paths.assign(golden.truth.size(), "");
  out.patients.assign(golden.truth.size(), "");
  return out;
}

/// A classifier that is right about `skill`, `images` of each of `patients`, all of one class.
Predictions draw(std::uint64_t seed, int patients, int images, int classes, double skill) {
  Random random(seed);
  Predictions out;
  for (int c = 0; c < classes; ++c) out.classes.push_back("class " + std::to_string(c));
  for (int patient = 0; patient < patients; ++patient) {
    const int truth = patient % classes;
    const double difficulty = random.normal();
    for (int image = 0; image < images; ++image) {
      double sum = 0;
      std::vector<double> row;
      for (int c = 0; c < classes; ++c) {
        const double own = c == truth ? skill + difficulty : 0;
        row.push_back(std::exp(own + 0.3 * random.normal()));
        sum += row.back();
      }
      for (const double value : row) out.probabilities.push_back(value / sum);
      out.truth.push_back(truth);
      out.paths.push_back(std::to_string(patient) + "/" + std::to_string(image) + ".png");
      out.patients.push_back("patient " + std::to_string(patient));
    }
  }
  return out;
}

ReportConfig quick() {
  ReportConfig config;
  config.bootstrap_samples = 50;
  return config;
}

const Figure& find(const Figures& figures, const std::string& name) {
  for (const auto& [key, figure] : figures) {
    if (key == name) return figure;
  }
  throw std::runtime_error("no figure " + name);
}

void expect_value(const Figures& figures, const std::string& name, double expected) {
  SCOPED_TRACE(name);
  const Figure& figure = find(figures, name);
  ASSERT_EQ(figure.value.has_value(), !std::isnan(expected));
  if (!figure.value) {
    EXPECT_FALSE(figure.reason.empty());
    EXPECT_FALSE(figure.interval.has_value());
    return;
  }
  EXPECT_NEAR(*figure.value, expected, 1e-12);
  EXPECT_TRUE(figure.interval.has_value() || !figure.reason.empty());
}

TEST(ReportGoldenTest, EveryFigureEqualsTheReferenceOrSaysWhyItIsUndefined) {
  test::for_each_golden_case([](const GoldenCase& golden) {
    const auto& expected = golden.expected;
    const Report report = make_report(predictions_of(golden), quick());
    const auto number = [](const nlohmann::json& value) { return test::golden_number(value); };
    const auto metric = [&](const char* name, const nlohmann::json& value) {
      expect_value(report.metrics, name, number(value));
    };
    metric("accuracy", expected.at("accuracy"));
    metric("balanced_accuracy", expected.at("balanced_accuracy").at("value"));
    metric("precision_macro", expected.at("zero_division_nan").at("macro").at(0));
    metric("recall_macro", expected.at("zero_division_nan").at("macro").at(1));
    metric("f1_macro", expected.at("zero_division_nan").at("macro").at(2));
    metric("recall_weighted", expected.at("classification_report").at("weighted").at("recall"));
    metric("f1_weighted", expected.at("classification_report").at("weighted").at("f1_score"));
    metric("auroc_macro", expected.at("auc").at("macro_of_defined"));
    metric("auroc_micro", expected.at("auc").at("micro_flattened").at("value"));
    metric("average_precision_macro", expected.at("average_precision").at("macro_of_present"));
    metric("average_precision_weighted", expected.at("average_precision").at("weighted"));
    metric("average_precision_micro", expected.at("average_precision").at("micro"));
    metric("brier", expected.at("brier_sum"));
    metric("log_loss", expected.at("log_loss").at("value"));
    metric("ece", expected.at("calibration").at("bins15_right_closed").at("ece"));
    metric("mce", expected.at("calibration").at("bins15_right_closed").at("mce"));
    metric("mcc", expected.at("mcc").at("value"));
    metric("cohen_kappa", expected.at("cohen_kappa").at("value"));
    for (std::size_t c = 0; c < report.per_class.size(); ++c) {
      SCOPED_TRACE("class " + std::to_string(c));
      const auto& counts = expected.at("one_vs_rest").at(c);
      for (const char* name : {"sensitivity", "specificity", "ppv", "npv"}) {
        expect_value(report.per_class[c], name, number(counts.at(name)));
      }
      expect_value(report.per_class[c], "recall", number(counts.at("sensitivity")));
      expect_value(report.per_class[c], "precision", number(counts.at("ppv")));
      expect_value(report.per_class[c], "f1",
                   number(expected.at("zero_division_nan").at("f1").at(c)));
      expect_value(report.per_class[c], "auroc",
                   number(expected.at("roc").at(c).at("auc").at("value")));
    }
    EXPECT_THAT(
        report_text(report),
        StartsWith(expected.at("classification_report").at("text_digits2").get<std::string>()));
  });
}

TEST(ReportGoldenTest, IntervalsHoldTheValueAndAreNeverWithoutWidth) {
  test::for_each_golden_case([](const GoldenCase& golden) {
    const Report report = make_report(predictions_of(golden), quick());
    const auto check = [](const Figures& figures) {
      for (const auto& [name, figure] : figures) {
        SCOPED_TRACE(name);
        if (!figure.interval) continue;
        EXPECT_LT(figure.interval->low, figure.interval->high);
        EXPECT_FALSE(figure.method.empty());
        if (figure.method.find("bootstrap") != std::string::npos) continue;
        EXPECT_LE(figure.interval->low, *figure.value);
        EXPECT_GE(figure.interval->high, *figure.value);
      }
    };
    check(report.metrics);
    for (const Figures& figures : report.per_class) check(figures);
  });
}

TEST(ReportTest, SingleImagesGetWilsonAndDeLong) {
  const Predictions predictions = draw(1, 90, 1, 3, 1.0);
  const Report report = make_report(predictions, quick());
  const Figure& sensitivity = find(report.per_class[1], "sensitivity");
  const double right = *sensitivity.value * 30;
  EXPECT_EQ(sensitivity.method, "Wilson");
  EXPECT_NEAR(sensitivity.interval->low, wilson_interval(right, 30).low, 1e-12);
  EXPECT_NEAR(sensitivity.interval->high, wilson_interval(right, 30).high, 1e-12);

  std::vector<double> scores;
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    scores.push_back(predictions.matrix()(static_cast<std::int64_t>(i), 1));
  }
  const AurocEstimate estimate = delong({scores}, is_class(predictions.truth, 1));
  const Interval expected =
      auroc_interval_logit(estimate.auroc[0], std::sqrt(estimate.covariance[0][0]));
  const Figure& auroc = find(report.per_class[1], "auroc");
  EXPECT_EQ(auroc.method, "DeLong, logit scale");
  EXPECT_NEAR(auroc.interval->low, expected.low, 1e-12);
  EXPECT_NEAR(auroc.interval->high, expected.high, 1e-12);
  EXPECT_FALSE(auroc.if_images_were_independent.has_value());
}

double width(const Interval& interval) { return interval.high - interval.low; }

TEST(ReportTest, SeveralImagesOfAPatientWidenEveryKindOfInterval) {
  const Predictions predictions = draw(2, 60, 6, 3, 0.7);
  ReportConfig config;
  const Report by_patient = make_report(predictions, config);
  config.sampling_unit = SamplingUnit::image;
  const Report by_image = make_report(predictions, config);
  EXPECT_EQ(by_patient.patients, 60);
  for (const char* name : {"sensitivity", "specificity", "ppv", "auroc", "f1"}) {
    SCOPED_TRACE(name);
    const Figure& wide = find(by_patient.per_class[0], name);
    const Figure& narrow = find(by_image.per_class[0], name);
    EXPECT_EQ(*wide.value, *narrow.value);
    EXPECT_GT(width(*wide.interval), 1.2 * width(*narrow.interval));
    EXPECT_THAT(wide.method, HasSubstr("patient"));
    if (wide.if_images_were_independent) {
      EXPECT_NEAR(wide.if_images_were_independent->low, narrow.interval->low, 1e-12);
    } else {
      EXPECT_THAT(wide.method, HasSubstr("bootstrap of patients"));
    }
  }
}

TEST(ReportTest, IntervalsByPatientCoverWhatTheyClaim) {
  // 95 % intervals of the accuracy over fresh sets of patients, against its true value.
  constexpr int kSets = 300;
  const auto accuracy = [](const Predictions& predictions) {
    ReportConfig config;
    config.bootstrap_samples = 0;
    return find(make_report(predictions, config).metrics, "accuracy");
  };
  const double truth = *accuracy(draw(0, 30000, 4, 2, 0.8)).value;
  int covered = 0, covered_if_independent = 0;
  for (int set = 1; set <= kSets; ++set) {
    const Figure figure = accuracy(draw(static_cast<std::uint64_t>(set), 50, 4, 2, 0.8));
    const auto holds = [&](const Interval& i) { return i.low <= truth && truth <= i.high; };
    covered += holds(*figure.interval) ? 1 : 0;
    covered_if_independent += holds(*figure.if_images_were_independent) ? 1 : 0;
  }
  EXPECT_GT(covered, 0.92 * kSets);
  EXPECT_LT(covered_if_independent, 0.85 * kSets) << "the naive interval is the one that fails";
}

TEST(ReportTest, PerfectSeparationGetsAnExactBoundAndNotZeroWidth) {
  Predictions predictions = draw(3, 40, 1, 2, 50.0);
  const Report report = make_report(predictions, quick());
  const Figure& auroc = find(report.per_class[0], "auroc");
  EXPECT_EQ(*auroc.value, 1);
  // 20 positives and 20 negatives make 20 disjoint pairs; 0.025^(1/20) is the exact lower bound.
  EXPECT_NEAR(auroc.interval->low, std::pow(0.025, 1.0 / 20), 1e-9);
  EXPECT_EQ(auroc.interval->high, 1);
  EXPECT_THAT(auroc.method, HasSubstr("Clopper-Pearson on 20 independent pairs"));
  const Figure& macro = find(report.metrics, "auroc_macro");
  EXPECT_FALSE(macro.interval.has_value());
  EXPECT_THAT(macro.reason, HasSubstr("every resample gives the same value"));
  EXPECT_THAT(report_text(report), Not(HasSubstr("1.000 (1.000 to 1.000)")));
}

TEST(ReportTest, AConstantScoreIsNotCertainToBeChance) {
  Predictions predictions = draw(4, 30, 1, 3, 0.0);
  predictions.probabilities.assign(predictions.probabilities.size(), 1.0 / 3);
  const Figure auroc = find(make_report(predictions, quick()).per_class[0], "auroc");
  EXPECT_EQ(*auroc.value, 0.5);
  EXPECT_THAT(auroc.method, HasSubstr("Hanley-McNeil"));
  EXPECT_LT(auroc.interval->low, 0.4);
  EXPECT_GT(auroc.interval->high, 0.6);
}

TEST(ReportTest, IsTheSameWithAnyNumberOfWorkers) {
  const Predictions predictions = draw(5, 40, 3, 4, 1.0);
  const ordered_json one = report_json(make_report(predictions, quick(), 1));
  EXPECT_EQ(one, report_json(make_report(predictions, quick(), 5)));
  ReportConfig other = quick();
  other.seed = 2;
  EXPECT_NE(one, report_json(make_report(predictions, other, 1)));
}

TEST(ReportTest, WorksFromTwoClassesToTwelveAndOnOneSample) {
  for (const int classes : {2, 5, 12}) {
    const Report report = make_report(draw(6, 24, 2, classes, 1.0), quick());
    EXPECT_EQ(report.per_class.size(), static_cast<std::size_t>(classes));
  }
  const Report report = make_report(draw(7, 1, 1, 3, 5.0), quick());
  EXPECT_FALSE(find(report.per_class[0], "auroc").value.has_value());
  EXPECT_FALSE(find(report.metrics, "auroc_macro").value.has_value());
  EXPECT_EQ(*find(report.metrics, "accuracy").value, 1);
  EXPECT_LT(find(report.metrics, "accuracy").interval->low, 0.3);
  EXPECT_FALSE(find(report.metrics, "f1_macro").interval.has_value());
}

TEST(ReportTest, RefusesRowsWithoutTruth) {
  Predictions predictions = draw(8, 10, 1, 2, 1.0);
  predictions.truth[4] = predictions.truth[6] = -1;
  try {
    make_report(predictions, quick());
    FAIL();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(),
                HasSubstr("2 rows without a true class (the first is row 5, '4/0.png')"));
  }
  EXPECT_THROW(make_report(Predictions{}, quick()), DataError);
}

TEST(ReportTest, JsonKeepsTheAgreedShape) {
  Predictions predictions = draw(9, 60, 2, 3, 1.0);
  predictions.classes[1] = "a \"class\" \x01 \xff";
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    if (predictions.truth[i] == 2) predictions.truth[i] = 0;
  }
  const ReportContext context{{{"thumbnail", 0.78}}, {{"checkpoint", "runs/1"}}};
  const ordered_json json = report_json(make_report(predictions, quick()), context);
  EXPECT_EQ(json.at("samples"), 120);
  EXPECT_EQ(json.at("classes").size(), 3u);
  EXPECT_EQ(json.at("confusion_matrix").size(), 3u);
  EXPECT_EQ(json.at("baselines").at("thumbnail"), 0.78);
  EXPECT_NEAR(json.at("baselines").at("majority").get<double>(), 2.0 / 3, 1e-12);
  EXPECT_EQ(json.at("provenance").at("checkpoint"), "runs/1");
  for (const char* key : {"value", "low", "high", "method"}) {
    EXPECT_TRUE(json.at("metrics").at("accuracy").contains(key)) << key;
    EXPECT_TRUE(json.at("per_class").at("class 0").at("auroc").contains(key)) << key;
  }
  const ordered_json& absent = json.at("per_class").at("class 2");
  EXPECT_EQ(absent.at("support"), 0);
  EXPECT_TRUE(absent.at("sensitivity").at("value").is_null());
  EXPECT_EQ(absent.at("sensitivity").at("reason"), "no sample is of class 'class 2'");
  EXPECT_THAT(json.at("metrics").at("auroc_macro").at("note").get<std::string>(),
              HasSubstr("mean over 2 of 3 classes"));
  EXPECT_NO_THROW(json.dump());
}

TEST(ReportTest, TextSaysWhatItIsAndIsNotFor) {
  const Report report = make_report(draw(10, 30, 2, 2, 1.0), quick());
  const std::string text = report_text(report, {{{"border ring", 0.72}}, {}});
  EXPECT_THAT(text, HasSubstr("not a medical device"));
  EXPECT_THAT(text, HasSubstr("majority         0.500"));
  EXPECT_THAT(text, HasSubstr("border ring      0.720"));
  EXPECT_THAT(text, HasSubstr("60 images of 30 patients"));
  EXPECT_THAT(text, HasSubstr("95 % intervals"));
}

}  // namespace
}  // namespace xrayclf
