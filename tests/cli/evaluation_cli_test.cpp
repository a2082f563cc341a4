#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/program.hpp"
#include "support/temporary_directory.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/csv.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/core/random.hpp"

namespace xrayclf {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using testing_support::ProgramResult;
using testing_support::run_xrayclf;
using testing_support::TemporaryDirectory;

/// Predictions of a classifier of some skill: its choice of images is the caller's `prefix`.
std::string predictions_csv(std::uint64_t seed, const std::vector<std::string>& classes,
                            double skill, const std::string& prefix = "image", int images = 60) {
  Random random(seed);
  std::vector<std::string> header = {"path", "true"};
  for (const std::string& name : classes) header.push_back("prob_" + name);
  for (const char* name : {"patient", "sex", "reader 1", "reader 2"}) header.emplace_back(name);
  std::string text = csv_line(header);
  for (int i = 0; i < images; ++i) {
    const std::size_t truth = static_cast<std::size_t>(i) % classes.size();
    std::vector<double> values;
    double sum = 0;
    for (std::size_t c = 0; c < classes.size(); ++c) {
      values.push_back(std::exp(2 * random.normal() + (c == truth ? skill : 0)));
      sum += values.back();
    }
    std::vector<std::string> row = {prefix + std::to_string(i), classes[truth]};
    for (const double value : values) row.push_back(csv_number(value / sum));
    row.push_back(prefix + " patient " + std::to_string(i / 2));
    row.emplace_back(i % 3 == 0 ? "F" : "M");
    row.push_back(classes[i % 5 == 0 ? 0 : truth]);
    row.push_back(i % 7 == 0 ? "" : classes[truth]);
    text += csv_line(row);
  }
  return text;
}

class EvaluationCliTest : public ::testing::Test {
 protected:
  std::string at(const std::string& name) const { return directory_ / name; }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(at(name), std::ios::binary) << text;
    return at(name);
  }
  static ProgramResult succeed(const std::vector<std::string>& arguments) {
    auto result = run_xrayclf(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result;
  }
  void expect_failure(const std::vector<std::string>& arguments, int code,
                      const std::string& message) const {
    const auto result = run_xrayclf(arguments);
    EXPECT_EQ(result.exit_code, code) << result.err;
    EXPECT_THAT(result.err, HasSubstr(message));
    EXPECT_EQ(result.out, "");
    EXPECT_FALSE(std::filesystem::exists(at("out")));
  }

  const TemporaryDirectory directory_;
};

const std::vector<std::string> kThree = {"Normal", "Pneumonia", "COVID-19"};
/// Names that break quoting, tables or JSON keys.
const std::vector<std::string> kHostile = {"a,b\"c",
                                           "line\nbreak",
                                           "'; touch x; '",
                                           "%s%n",
                                           "\xE8\x82\xBA\xE7\x82\x8E",
                                           "prob_",
                                           "</script>",
                                           "\\",
                                           "$(id)",
                                           "null",
                                           "__proto__",
                                           " "};

TEST_F(EvaluationCliTest, EvalOfPredictionsCalibratesAndChoosesThresholdsOnValidation) {
  write("test.csv", predictions_csv(1, kThree, 2));
  write("validation.csv", predictions_csv(2, {"COVID-19", "Normal", "Pneumonia"}, 2, "held out"));
  const std::vector<std::string> command = {"eval",
                                            "--predictions",
                                            at("test.csv"),
                                            "--validation_predictions",
                                            at("validation.csv"),
                                            "--subgroups",
                                            "sex",
                                            "--prevalence",
                                            R"({"COVID-19": 0.05})",
                                            "--operating.sensitivity",
                                            "0.8",
                                            "--report.bootstrap_samples",
                                            "200"};
  auto arguments = command;
  arguments.insert(arguments.end(), {"--output", at("out")});
  const auto result = succeed(arguments);
  EXPECT_EQ(result.out, read_file(at("out") + "/report.txt"));
  const json report = read_json_file(at("out") + "/report.json");
  const json& calibration = report["calibration"];
  EXPECT_EQ(calibration["applied"], false);
  EXPECT_EQ(calibration["before"]["ece"]["value"], report["metrics"]["ece"]["value"]);
  EXPECT_LT(calibration["after"]["log_loss"]["value"], calibration["before"]["log_loss"]["value"]);
  EXPECT_TRUE(calibration["after"]["brier"]["low"].is_number());
  const json& points = report["operating_points"]["per_class"]["COVID-19"];
  ASSERT_EQ(points.size(), 3u);
  EXPECT_EQ(points[1]["target"], 0.8);
  EXPECT_GE(points[1]["validation"]["sensitivity"].get<double>(), 0.8 - 1e-9);
  EXPECT_TRUE(points[0]["sensitivity"]["low"].is_number());
  EXPECT_TRUE(points[0]["adjusted_ppv"]["value"].is_number());
  EXPECT_EQ(report["prevalence_adjusted"]["COVID-19"]["prevalence"], 0.05);
  EXPECT_EQ(report["subgroups"]["sex"].size(), 2u);
  EXPECT_EQ(report["subgroups"]["sex"][0]["samples"], 20);
  EXPECT_THAT(result.out, HasSubstr("Calibration: temperature"));

  arguments = command;
  arguments.insert(arguments.end(), {"--temperature", "fitted", "--output", at("scaled")});
  succeed(arguments);
  const json scaled = read_json_file(at("scaled") + "/report.json");
  EXPECT_EQ(scaled["calibration"]["applied"], true);
  EXPECT_NEAR(scaled["metrics"]["log_loss"]["value"].get<double>(),
              calibration["after"]["log_loss"]["value"].get<double>(), 1e-12);
  EXPECT_EQ(scaled["metrics"]["accuracy"], report["metrics"]["accuracy"]);
  // The predictions that are written are the scaled ones, columns for subgroups included.
  succeed({"eval", "--predictions", at("scaled") + "/predictions.csv", "--subgroups", "sex",
           "--report.bootstrap_samples", "200", "--output", at("again")});
  EXPECT_EQ(read_json_file(at("again") + "/report.json")["metrics"], scaled["metrics"]);
}

TEST_F(EvaluationCliTest, EvalRefusesWhatDoesNotFitTogether) {
  write("test.csv", predictions_csv(1, kThree, 2));
  write("other.csv", predictions_csv(2, {"Normal", "Pneumonia", "TB"}, 2, "held out"));
  write("held.csv", predictions_csv(2, kThree, 2, "held out"));
  std::vector<std::string> eval = {"eval", "--predictions", at("test.csv"), "--output", at("out")};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), eval.begin(), eval.end());
    return more;
  };
  expect_failure(with({"--validation_predictions", at("test.csv")}), 3, "share 60 images");
  expect_failure(with({"--validation_predictions", at("other.csv")}), 3, "only in the first: 'TB'");
  expect_failure(with({"--validation_predictions", at("none.csv")}), 5, "none.csv");
  expect_failure(with({"--temperature", "fitted"}), 2, "needs --validation_predictions");
  expect_failure(with({"--store_temperature"}), 2, "needs --checkpoint");
  expect_failure(with({"--subgroups", "seks"}), 3, "did you mean 'sex'");
  expect_failure(with({"--prevalence", R"({"Covid-19": 0.1})"}), 2, "no class 'Covid-19'");
  expect_failure(with({"--prevalence", R"({"COVID-19": 1.5})"}), 2, "above 0 and below 1");
  expect_failure(with({"--prevalence", "{"}), 2, "prevalence");
  expect_failure(with({"--operating.rules", "best"}), 2, "must be one of youden");
  expect_failure({"eval", "--checkpoint", "c", "--data", "d", "--validation_predictions",
                  at("held.csv"), "--output", at("out")},
                 2, "goes with --predictions");
  expect_failure(
      {"eval", "--checkpoint", "c", "--data", "d", "--store_temperature", "--output", at("out")}, 2,
      "--temperature fitted");
}

TEST_F(EvaluationCliTest, CompareWritesTableTestsAgreementAndFigures) {
  write("a.csv", predictions_csv(1, kThree, 3));
  write("b.csv", predictions_csv(2, kThree, 1));
  write("c.csv", predictions_csv(3, kThree, 2));
  const auto result =
      succeed({"compare", at("a.csv"), at("b.csv"), at("c.csv"), "--readers", "reader 1,reader 2",
               "--report.bootstrap_samples", "200", "--output", at("out")});
  EXPECT_EQ(result.out, read_file(at("out") + "/compare.txt"));
  const json comparison = read_json_file(at("out") + "/compare.json");
  EXPECT_EQ(comparison["images"], 60);
  EXPECT_EQ(comparison["patients"], 30);
  ASSERT_EQ(comparison["models"].size(), 3u);
  EXPECT_EQ(comparison["models"][0]["name"], "a.csv");
  ASSERT_EQ(comparison["pairs"].size(), 3u);
  for (const json& pair : comparison["pairs"]) {
    EXPECT_EQ(pair["tests"].size(), 1u + 3u + 1u + 10u);
    for (const json& test : pair["tests"]) {
      EXPECT_GE(test["adjusted_p_value"].get<double>(), test["p_value"].get<double>());
    }
  }
  // Truth, three models and two readers.
  EXPECT_EQ(comparison["agreement"]["pairs"].size(), 15u);
  EXPECT_EQ(comparison["agreement"]["groups"].size(), 3u);
  EXPECT_EQ(comparison["agreement"]["pairs"][4]["images"], 51) << "reader 2 left out every seventh";
  EXPECT_FALSE(read_csv(at("out") + "/compare.csv").rows.empty());
  for (const char* name : {"forest", "forest_differences"}) {
    EXPECT_EQ(read_csv(at("out") + "/" + name + ".csv").rows.size(), 9u);
    EXPECT_TRUE(std::filesystem::exists(at("out") + "/" + name + ".gp"));
  }
  // The readers' file gives the same agreement as the columns of the predictions.
  succeed({"compare", at("a.csv"), at("b.csv"), at("c.csv"), "--readers", "reader 1,reader 2",
           "--readers_file", at("a.csv"), "--report.bootstrap_samples", "200", "--output",
           at("file")});
  EXPECT_EQ(read_json_file(at("file") + "/compare.json")["agreement"], comparison["agreement"]);
}

TEST_F(EvaluationCliTest, CompareAndEvalStandTwoAndTwelveHostileClasses) {
  for (const std::vector<std::string>& classes :
       {std::vector<std::string>{"a,b\"c", "line\nbreak"}, kHostile}) {
    const std::string suffix = std::to_string(classes.size());
    write("a.csv", predictions_csv(1, classes, 2));
    write("b.csv", predictions_csv(2, classes, 2));
    write("v.csv", predictions_csv(3, classes, 2, "held out"));
    succeed({"compare", at("a.csv"), at("b.csv"), "--names", "first,$(touch x)", "--readers",
             "reader 1", "--report.bootstrap_samples", "50", "--output", at("compare" + suffix)});
    succeed({"eval", "--predictions", at("a.csv"), "--validation_predictions", at("v.csv"),
             "--subgroups", "sex", "--report.bootstrap_samples", "50", "--output",
             at("eval" + suffix)});
    const json report = read_json_file(at("eval" + suffix) + "/report.json");
    for (const std::string& name : classes) {
      EXPECT_TRUE(report["operating_points"]["per_class"].contains(name)) << name;
    }
    EXPECT_EQ(read_csv(at("eval" + suffix) + "/predictions.csv").rows.size(), 60u);
  }
}

TEST_F(EvaluationCliTest, CompareRefusesWhatCannotBeCompared) {
  write("a.csv", predictions_csv(1, kThree, 3));
  write("b.csv", predictions_csv(2, kThree, 1));
  write("fewer.csv", predictions_csv(2, kThree, 1, "image", 57));
  write("classes.csv", predictions_csv(2, {"Normal", "Pneumonia", "TB"}, 1));
  write("broken.csv", "path,true\n");
  const auto compare = [&](std::vector<std::string> more) {
    more.insert(more.begin(), "compare");
    more.insert(more.end(), {"--output", at("out")});
    return more;
  };
  expect_failure(compare({}), 2, "--models is required");
  expect_failure(compare({at("a.csv")}), 2, "at least two");
  expect_failure(compare({at("a.csv"), at("a.csv")}), 2, "given twice");
  expect_failure(compare({at("a.csv"), at("b.csv"), "--names", "x"}), 2, "1 name for 2 models");
  expect_failure(compare({at("a.csv"), at("b.csv"), "--names", "x,x"}), 2, "tell them apart");
  expect_failure(compare({at("a.csv"), at("fewer.csv")}), 3, "only in the first: 3 ('image57'");
  expect_failure(compare({at("a.csv"), at("classes.csv")}), 3, "only in the first: 'TB'");
  expect_failure(compare({at("a.csv"), at("broken.csv")}), 3, "broken.csv");
  expect_failure(compare({at("a.csv"), at("none.csv")}), 4, "none.csv");
  expect_failure(compare({at("a.csv"), at("b.csv"), "--readers", "reader 3"}), 3,
                 "did you mean 'reader 1'");
  expect_failure(compare({at("a.csv"), at("b.csv"), "--readers", "sex"}), 3, "no class 'F'");
  expect_failure(compare({at("a.csv"), at("b.csv"), "--readers_file", at("a.csv")}), 2,
                 "needs --readers");
  expect_failure(compare({at("a.csv"), at("b.csv"), "--correction", "bonferroni"}), 2,
                 "must be one of none, holm");
}

}  // namespace
}  // namespace xrayclf
