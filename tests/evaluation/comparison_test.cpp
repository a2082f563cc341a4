#include "xrayclf/evaluation/comparison.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "support/golden_evaluation.hpp"
#include "xrayclf/core/csv.hpp"
#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {

using test::make_predictions;
using testing::ElementsAre;
using testing::HasSubstr;

ReportConfig quick() {
  ReportConfig config;
  config.bootstrap_samples = 100;
  return config;
}

Comparison compare_golden(const nlohmann::json& golden, Correction correction) {
  std::vector<ComparedModel> models;
  for (const auto& values : golden.at("models")) {
    const std::string name(1, static_cast<char>('A' + models.size()));
    models.push_back({name, name + ".csv", make_predictions(golden.at("truth"), values)});
  }
  std::vector<Rater> readers;
  for (const auto& labels : golden.at("readers")) {
    readers.push_back({"reader " + std::to_string(readers.size()), RaterKind::reader, labels});
  }
  align(models);
  return compare_models(std::move(models), readers, correction, quick());
}

const PairedTest& find_test(const ModelPair& pair, const std::string& test,
                            const std::string& figure, const std::string& of_class = "") {
  for (const PairedTest& each : pair.tests) {
    if (each.test == test && each.figure == figure && each.of_class == of_class) return each;
  }
  throw std::out_of_range(test + " " + figure + " " + of_class);
}

void expect_delong(const PairedTest& test, const nlohmann::json& expected) {
  EXPECT_NEAR(*test.difference.value, expected.at("difference").get<double>(), 1e-12);
  EXPECT_NEAR(*test.p_value, expected.at("p").get<double>(), 1e-9);
  EXPECT_NEAR(test.difference.interval->low, expected.at("interval").at(0).get<double>(), 1e-10);
  EXPECT_NEAR(test.difference.interval->high, expected.at("interval").at(1).get<double>(), 1e-10);
}

TEST(ComparisonGoldenTest, TestsEqualStatsmodelsAndTheAllPairsDelong) {
  for (const nlohmann::json& golden : test::golden_evaluation().at("comparisons")) {
    SCOPED_TRACE(golden.at("classes").dump() + " classes");
    const Comparison comparison = compare_golden(golden, Correction::holm);
    for (std::size_t m = 0; m < 3; ++m) {
      EXPECT_NEAR(*find_figure(comparison.reports[m].metrics, "accuracy").value,
                  golden.at("accuracy").at(m).get<double>(), 1e-12);
    }
    for (std::size_t p = 0; p < 3; ++p) {
      const auto& expected = golden.at("tests").at(p);
      const ModelPair& pair = comparison.pairs.at(p);
      EXPECT_EQ(pair.first, expected.at("first").get<std::size_t>());
      const PairedTest& mcnemar = find_test(pair, "mcnemar", "accuracy");
      EXPECT_EQ(mcnemar.detail.at("only_first_right"), expected.at("only").at(0));
      EXPECT_EQ(mcnemar.detail.at("only_second_right"), expected.at("only").at(1));
      EXPECT_NEAR(*mcnemar.p_value, expected.at("mcnemar").get<double>(), 1e-9);
      expect_delong(find_test(pair, "delong", "auroc_macro"), expected.at("delong_macro"));
      for (std::size_t c = 0; c < expected.at("delong").size(); ++c) {
        expect_delong(find_test(pair, "delong", "auroc", "class " + std::to_string(c)),
                      expected.at("delong").at(c));
      }
    }
  }
}

TEST(ComparisonGoldenTest, AdjustedPValuesEqualStatsmodels) {
  for (const nlohmann::json& golden : test::golden_evaluation().at("comparisons")) {
    for (const Correction correction : {Correction::holm, Correction::benjamini_hochberg}) {
      const Comparison comparison = compare_golden(golden, correction);
      const auto& expected = golden.at("adjusted").at(std::string(name_of(correction)));
      std::map<std::string, std::vector<double>> actual;
      for (const ModelPair& pair : comparison.pairs) {
        for (const PairedTest& test : pair.tests) {
          if (test.test == "bootstrap") continue;
          actual[test.test == "mcnemar" ? "mcnemar" : test.figure].push_back(
              *test.adjusted_p_value);
        }
      }
      for (const auto& [family, values] : actual) {
        SCOPED_TRACE(family);
        ASSERT_EQ(values.size(), expected.at(family).size());
        for (std::size_t i = 0; i < values.size(); ++i) {
          EXPECT_NEAR(values[i], expected.at(family).at(i).get<double>(), 1e-9);
        }
      }
    }
    for (const PairedTest& test : compare_golden(golden, Correction::none).pairs[0].tests) {
      EXPECT_EQ(test.p_value, test.adjusted_p_value);
    }
  }
}

TEST(ComparisonGoldenTest, AgreementEqualsStatsmodelsAndScikitLearn) {
  for (const nlohmann::json& golden : test::golden_evaluation().at("comparisons")) {
    const RaterAgreement agreement = compare_golden(golden, Correction::holm).agreement;
    ASSERT_EQ(agreement.pairs.size(), golden.at("kappas").size());
    for (std::size_t i = 0; i < agreement.pairs.size(); ++i) {
      const RaterPair& pair = agreement.pairs[i];
      SCOPED_TRACE(pair.first + " and " + pair.second);
      const auto& expected = golden.at("kappas").at(i);
      EXPECT_NEAR(*pair.kappa.value, expected.at("kappa").get<double>(), 1e-12);
      EXPECT_NEAR(*pair.percent.value, expected.at("percent").get<double>(), 1e-12);
      EXPECT_NEAR(pair.kappa.interval->low, expected.at("interval").at(0).get<double>(), 1e-9);
      EXPECT_NEAR(pair.kappa.interval->high, expected.at("interval").at(1).get<double>(), 1e-9);
    }
    ASSERT_EQ(agreement.groups.size(), 3u);
    for (std::size_t g = 0; g < 3; ++g) {
      const auto& expected = golden.at("groups").at(g);
      EXPECT_EQ(agreement.groups[g].name, expected.at("raters"));
      EXPECT_NEAR(*agreement.groups[g].fleiss.value, expected.at("fleiss").get<double>(), 1e-12);
      EXPECT_NEAR(*agreement.groups[g].randolph.value, expected.at("randolph").get<double>(),
                  1e-12);
      EXPECT_TRUE(agreement.groups[g].fleiss.interval.has_value());
    }
  }
}

std::vector<ComparedModel> two_models() {
  return {{"A", "a.csv",
           make_predictions({0, 1, 0, 1}, {{0.9, 0.1}, {0.2, 0.8}, {0.6, 0.4}, {0.3, 0.7}})},
          {"B", "b.csv",
           make_predictions({0, 1, 0, 1}, {{0.4, 0.6}, {0.3, 0.7}, {0.8, 0.2}, {0.6, 0.4}})}};
}

TEST(ComparisonTest, AModelAgainstItselfDoesNotDiffer) {
  std::vector<ComparedModel> models = two_models();
  models[1].predictions = models[0].predictions;
  const Comparison comparison = compare_models(models, {}, Correction::holm, quick());
  for (const PairedTest& test : comparison.pairs.at(0).tests) {
    SCOPED_TRACE(test.test + " " + test.figure);
    EXPECT_EQ(test.difference.value, 0);
    EXPECT_EQ(test.p_value, 1);
    EXPECT_FALSE(test.difference.interval);
    EXPECT_FALSE(test.difference.reason.empty());
  }
}

TEST(ComparisonTest, AnAbsentClassIsUndefinedWithAReason) {
  std::vector<ComparedModel> models = two_models();
  for (ComparedModel& model : models) {
    for (std::int64_t& truth : model.predictions.truth) truth = 0;
  }
  const Comparison comparison = compare_models(models, {}, Correction::holm, quick());
  const PairedTest& test = find_test(comparison.pairs.at(0), "delong", "auroc", "class 1");
  EXPECT_FALSE(test.p_value);
  EXPECT_THAT(test.difference.reason, HasSubstr("no sample is of class 'class 1'"));
  EXPECT_THAT(find_test(comparison.pairs.at(0), "delong", "auroc_macro").difference.reason,
              HasSubstr("undefined for every class"));
  const auto json = comparison_json(comparison);
  for (const auto& entry : json.at("pairs").at(0).at("tests")) {
    if (entry.at("p_value").is_null()) {
      EXPECT_NE(entry.at("reason"), "");
    }
  }
  EXPECT_NO_THROW(comparison_text(comparison));
}

TEST(ComparisonTest, PatientsWidenTheIntervalOfADifference) {
  std::vector<ComparedModel> models = two_models();
  for (ComparedModel& model : models) {
    const Predictions once = model.predictions;
    for (int copy = 0; copy < 9; ++copy) append(model.predictions, once);
  }
  const auto width = [&] {
    ReportConfig config;
    config.bootstrap_samples = 400;
    const Comparison comparison = compare_models(models, {}, Correction::holm, config);
    const Interval interval =
        *find_test(comparison.pairs[0], "bootstrap", "brier").difference.interval;
    return interval.high - interval.low;
  };
  const double independent = width();
  for (ComparedModel& model : models) {
    for (std::size_t i = 0; i < model.predictions.size(); ++i) {
      model.predictions.patients[i] = "patient " + std::to_string(i % 4);
    }
  }
  EXPECT_GT(width(), 2 * independent);
}

TEST(ComparisonTest, FurtherFactsOfAModelAreCopiedAndShown) {
  std::vector<ComparedModel> models = two_models();
  models[0].info = {{"parameters", 1234567}, {"stages", {1, 2}}};
  const Comparison comparison = compare_models(models, {}, Correction::holm, quick());
  EXPECT_EQ(comparison_json(comparison)["models"][0]["info"]["stages"][1], 2);
  const std::string text = comparison_text(comparison);
  EXPECT_THAT(text, HasSubstr("parameters"));
  EXPECT_THAT(text, HasSubstr("1234567"));
  EXPECT_THAT(text, Not(HasSubstr("stages")));
}

TEST(ComparisonTest, TheTableHoldsEveryFigureAndHostileNamesStayInTheirField) {
  std::vector<ComparedModel> models = two_models();
  models[0].name = "a,\"b\"\nc";
  for (ComparedModel& model : models) model.predictions.classes[0] = "x\xFF;\n";
  const Comparison comparison = compare_models(models, {}, Correction::holm, quick());
  const CsvTable table = parse_csv(comparison_csv(comparison), "compare.csv");
  EXPECT_EQ(table.rows.at(0).at(1), "a,\"b\"\nc");
  EXPECT_EQ(table.rows.at(0).at(0), "figure");
  EXPECT_NO_THROW(comparison_json(comparison).dump());
  EXPECT_THAT(comparison_text(comparison), HasSubstr("x\\xFF;\\x0A"));
}

TEST(AlignTest, RowsAndClassesFollowTheFirstModel) {
  std::vector<ComparedModel> models = two_models();
  Predictions& second = models[1].predictions;
  second = in_class_order(select_rows(second, {3, 1, 0, 2}), {"class 1", "class 0"}, "b", "a");
  second.patients = {"p3", "p1", "p0", "p2"};
  second.truth[0] = -1;
  align(models);
  EXPECT_EQ(second.classes, models[0].predictions.classes);
  EXPECT_EQ(second.probabilities, two_models()[1].predictions.probabilities);
  EXPECT_THAT(models[0].predictions.patients, ElementsAre("p0", "p1", "p2", "p3"));
  EXPECT_THAT(second.truth, ElementsAre(0, 1, 0, 1));
}

std::string refusal(std::vector<ComparedModel> models) {
  try {
    align(models);
  } catch (const DataError& e) {
    return e.what();
  }
  return "";
}

TEST(AlignTest, OtherImagesClassesOrTruthsAreRefusedWithTheDifference) {
  std::vector<ComparedModel> models = two_models();
  models[1].predictions.paths[2] = "elsewhere";
  EXPECT_THAT(refusal(models), HasSubstr("only in the first: 1 ('image 2'); only in the second: 1 "
                                         "('elsewhere')"));
  models = two_models();
  models[1].predictions.classes[1] = "sick";
  EXPECT_THAT(refusal(models),
              HasSubstr("only in the first: 'sick'; only in the second: 'class 1'"));
  models = two_models();
  models[1].predictions.truth[2] = 1;
  EXPECT_THAT(refusal(models), HasSubstr("'image 2' is truly 'class 1', but 'class 0'"));
  models = two_models();
  models[1].predictions.paths[2] = "image 1";
  EXPECT_THAT(refusal(models), HasSubstr("'image 1' stands twice"));
  models = two_models();
  for (ComparedModel& model : models) model.predictions.truth[1] = -1;
  EXPECT_THAT(refusal(models), HasSubstr("without a true class"));
  models = two_models();
  models[0].predictions.paths.assign(4, "");
  EXPECT_THAT(refusal(models), HasSubstr("matched by the column 'path'"));
}

TEST(ShortNamesTest, LeaveOutWhatAllShare) {
  EXPECT_THAT(short_names({"runs/a/test/p.csv", "runs/b/test/p.csv"}), ElementsAre("a", "b"));
  EXPECT_THAT(short_names({"a.csv", "x/b.csv"}), ElementsAre("a.csv", "x/b.csv"));
  EXPECT_THAT(short_names({"runs/1/", "runs/2"}), ElementsAre("1", "2"));
  EXPECT_THAT(short_names({"runs", "runs/2"}), ElementsAre("runs", "runs/2"));
}

TEST(RaterAgreementTest, ByHandOverTheImagesThatBothRated) {
  // Equal on 3 of 4 images; chance 2/4 * 1/4 + 2/4 * 3/4 = 1/2; kappa 1/2.
  const Predictions images =
      make_predictions({0, 0, 1, 1, 0}, std::vector(5, std::vector{0.5, 0.5}));
  const std::vector<Rater> raters = {
      {"truth", RaterKind::truth, images.truth},
      reader_of("R", {"class 0", "class 1", "class 1", "class 1", ""}, images.classes)};
  const RaterAgreement agreement = rater_agreement(raters, images, quick());
  ASSERT_EQ(agreement.pairs.size(), 1u);
  EXPECT_EQ(agreement.pairs[0].images, 4);
  EXPECT_DOUBLE_EQ(*agreement.pairs[0].percent.value, 0.75);
  EXPECT_DOUBLE_EQ(*agreement.pairs[0].kappa.value, 0.5);
  EXPECT_TRUE(agreement.groups.empty());
}

TEST(RaterAgreementTest, UndefinedKappasHaveReasonsAndStrangeLabelsAreRefused) {
  const Predictions images = make_predictions({0, 0}, {{1, 0}, {1, 0}});
  const auto pair = [&](std::vector<std::int64_t> labels) {
    return rater_agreement({{"truth", RaterKind::truth, images.truth},
                            {"R", RaterKind::reader, std::move(labels)}},
                           images, quick())
        .pairs.at(0);
  };
  EXPECT_FALSE(pair({0, 0}).kappa.value);
  EXPECT_THAT(pair({0, 0}).kappa.reason, HasSubstr("chance"));
  EXPECT_THAT(pair({-1, -1}).percent.reason, HasSubstr("no image is rated by both"));
  EXPECT_THROW(reader_of("R", {"klass 0"}, images.classes), DataError);
}

}  // namespace
}  // namespace xrayclf
