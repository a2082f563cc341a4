#include <algorithm>
#include <cmath>
#include <cstring>
#include <sstream>

#include <opencv2/core.hpp>

#include "support/phantom_runs.hpp"
#include "xrayclf/core/csv.hpp"
#include "xrayclf/image/codec.hpp"
#include "xrayclf/image/phantom.hpp"
#include "xrayclf/model/checkpoint.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;
using testing_support::run_xrayclf;

/// Two tiny runs on the same phantoms.
class UncertaintyIntegrationTest : public testing_support::PhantomRuns {
 protected:
  static void SetUpTestSuite() {
    PhantomRuns::SetUpTestSuite();
    for (const char* seed : {"1", "2"}) {
      succeed({"train", "--data", at("data"), "--output", at(std::string("run") + seed),
               "--model.architecture", "efficientnet_lite0", "--model.weights", "none", "--epochs",
               "1", "--device", "cpu", "--seed", seed});
    }
  }

  static testing_support::ProgramResult predict(std::vector<std::string> more) {
    more.insert(more.begin(), {"predict", "--format", "jsonl", "--device", "cpu"});
    more.push_back(at("data-films") + "/images");
    return run_xrayclf(more);
  }
  static std::vector<json> rows(const testing_support::ProgramResult& result) {
    EXPECT_EQ(result.exit_code, 0) << result.err;
    std::vector<json> out;
    std::istringstream lines(result.out);
    for (std::string line; std::getline(lines, line);) out.push_back(json::parse(line));
    return out;
  }
  static testing_support::ProgramResult eval(const std::string& output,
                                             std::vector<std::string> more) {
    more.insert(more.begin(), {"eval", "--data", at("data"), "--device", "cpu", "--output",
                               at(output), "--report.bootstrap_samples", "20"});
    return run_xrayclf(more);
  }
};

TEST_F(UncertaintyIntegrationTest, AnEnsembleIsTheWeightedMeanOfItsCheckpoints) {
  const auto first = rows(predict({"--checkpoint", at("run1")}));
  const auto second = rows(predict({"--checkpoint", at("run2")}));
  const auto both = rows(predict({"--checkpoint", at("run1"), "--checkpoint", at("run2"),
                                  "--weights", "3,1", "--uncertainty"}));
  ASSERT_EQ(both.size(), first.size());
  ASSERT_FALSE(first.empty());
  for (std::size_t i = 0; i < both.size(); ++i) {
    for (const auto& [name, p] : both[i]["probabilities"].items()) {
      EXPECT_NEAR(p.get<double>(),
                  0.75 * first[i]["probabilities"][name].get<double>() +
                      0.25 * second[i]["probabilities"][name].get<double>(),
                  1e-9);
    }
    EXPECT_GE(both[i]["disagreement"].get<double>(), 0);
    EXPECT_GT(both[i]["dropout_disagreement"].get<double>(), 0);
  }
  expect_failure(predict({"--checkpoint", at("run1"), "--weights", "1,1"}), 2, "1 number");
  expect_failure(predict({"--checkpoint", at("run1"), "--abstain"}), 2, "--calibrate");
}

TEST_F(UncertaintyIntegrationTest, DropoutIsAFunctionOfTheSeedAndTheImage) {
  const auto at_once = rows(predict({"--checkpoint", at("run1"), "--uncertainty"}));
  const auto one_by_one =
      rows(predict({"--checkpoint", at("run1"), "--uncertainty", "--batch_size", "1"}));
  const auto other = rows(predict({"--checkpoint", at("run1"), "--uncertainty", "--seed", "2"}));
  for (std::size_t i = 0; i < at_once.size(); ++i) {
    const auto value = at_once[i]["dropout_disagreement"].get<double>();
    EXPECT_NEAR(one_by_one[i]["dropout_disagreement"].get<double>(), value, 1e-5);
    EXPECT_NE(other[i]["dropout_disagreement"].get<double>(), value);
  }
}

TEST_F(UncertaintyIntegrationTest, WhatEvalKeepsPredictAbstainsBy) {
  const auto kept = eval("kept", {"--checkpoint", at("run1"), "--calibrate", "--sets.coverage",
                                  "0.8", "--ood_level", "0.8", "--max_risk", "0.6"});
  ASSERT_EQ(kept.exit_code, 0) << kept.err;
  EXPECT_THAT(kept.out, HasSubstr("Prediction sets (lac) of coverage 0.8"));
  const json report = read_json_file(at("kept") + "/report.json")["uncertainty"];
  const auto thresholds = report["prediction_sets"]["calibration"]["thresholds"];
  const json least = report["abstention"]["confidence"];
  EXPECT_EQ(read_csv(at("kept") + "/figures/risk_coverage.csv").rows.back()[0], "1");
  if (fs::exists(at("kept") + "/figures/risk_coverage.png")) {  // gnuplot is there
    EXPECT_THAT(read_file(at("kept") + "/report.html"), HasSubstr("Risk and coverage"));
  }
  int answered = 0;
  for (const json& row : rows(predict({"--checkpoint", at("run1"), "--abstain"}))) {
    std::size_t fitting = 0;
    double confidence = 0;
    for (const auto& [name, p] : row["probabilities"].items()) {
      fitting += 1 - p.get<double>() <= thresholds[0].get<double>() ? 1 : 0;
      confidence = std::max(confidence, p.get<double>());
    }
    EXPECT_EQ(row["prediction_set"].size(), fitting);
    const bool unsure = least.is_null() || confidence < least.get<double>();
    bool stopped = false;
    for (const char* flag :
         {"not_xray", "wrong_orientation", "inverted", "lateral", "out_of_distribution"}) {
      stopped = stopped || row.at(flag).get<bool>();
    }
    EXPECT_EQ(row["abstained"].get<bool>(), unsure || stopped);
    EXPECT_EQ(row["abstained_because"].is_null(), !row["abstained"].get<bool>());
    answered += row["abstained"].get<bool>() ? 0 : 1;
  }
  // A data set without validation is judged by what is kept.
  const auto other = eval("other", {"--checkpoint", at("run1"), "--validation_split", ""});
  ASSERT_EQ(other.exit_code, 0) << other.err;
  EXPECT_EQ(read_json_file(at("other") + "/report.json")["uncertainty"]["abstention"]["confidence"],
            least);
  // A temperature that comes later would make the thresholds wrong.
  const fs::path directory = checkpoint(at("run1"), "best");
  amend_calibration(directory, {{"uncertainty", {{"temperature", 3.5}}}});
  expect_failure(predict({"--checkpoint", at("run1"), "--abstain"}), 4, "at temperature");
  expect_failure(eval("x", {"--checkpoint", at("run1"), "--calibrate", "--temperature", "none"}), 2,
                 "--temperature none");
}

TEST_F(UncertaintyIntegrationTest, TrainKeepsTheSameAtItsEnd) {
  succeed({"train", "--data", at("data"), "--output", at("run3"), "--model.architecture",
           "efficientnet_lite0", "--model.weights", "none", "--epochs", "1", "--device", "cpu",
           "--seed", "1", "--calibrate", "--ood", "energy"});
  const auto kept = rows(predict({"--checkpoint", at("run3"), "--abstain"}));
  ASSERT_FALSE(kept.empty());
  EXPECT_TRUE(kept[0]["ood_score"].is_number());
}

TEST_F(UncertaintyIntegrationTest, TheGateSaysWhatIsNoUprightFilm) {
  const std::string films = at("gate");
  fs::create_directories(films);
  const cv::Mat film = draw_phantom({.seed = 3, .width = 160, .height = 192});
  cv::Mat turned;
  cv::rotate(film, turned, cv::ROTATE_90_CLOCKWISE);
  write_file(films + "/a.png", encode_png(film));
  write_file(films + "/b.png", encode_png(turned));
  write_file(films + "/c.png", encode_png(65535 - film));
  write_file(films + "/d.png", encode_png(cv::Mat(64, 64, CV_8UC1, cv::Scalar(90))));
  const auto gated = rows(run_xrayclf(
      {"predict", "--checkpoint", at("run1"), "--device", "cpu", "--format", "jsonl", films}));
  ASSERT_EQ(gated.size(), 4u);
  const char* flags[] = {"", "wrong_orientation", "inverted", "not_xray"};
  for (std::size_t i = 0; i < gated.size(); ++i) {
    for (const char* flag : {"wrong_orientation", "inverted", "not_xray", "lateral"}) {
      EXPECT_EQ(gated[i].at(flag).get<bool>(), std::string(flag) == flags[i]) << i << " " << flag;
    }
  }
  const auto open = run_xrayclf({"predict", "--checkpoint", at("run1"), "--device", "cpu",
                                 "--format", "csv", "--gate", "false", films});
  EXPECT_THAT(open.out, Not(HasSubstr("not_xray")));
  const auto text = run_xrayclf({"predict", "--checkpoint", at("run1"), "--device", "cpu", films});
  EXPECT_THAT(text.out, HasSubstr("[wrong_orientation true]"));
}

TEST_F(UncertaintyIntegrationTest, MapsOfAnEnsembleAreTheMeanOfTheirMaps) {
  const auto maps = [&](const std::string& output, std::vector<std::string> more) {
    more.insert(more.begin(), {"gradcam", "--device", "cpu", "--output", at(output), "--map", "npy",
                               "--target", "Pneumonia", "--montage_images", "0", "--normalisation",
                               "none", "--input", at("data"), "--split", "test"});
    succeed(more);
    const auto table = read_csv(at(output) + "/gradcam.csv");
    const std::string npy = read_file(at(output) + "/" + table.rows[0][table.require("map")]);
    const std::size_t header = 10 + static_cast<unsigned char>(npy[8]) +
                               256 * static_cast<std::size_t>(static_cast<unsigned char>(npy[9]));
    const int values = static_cast<int>((npy.size() - header) / sizeof(float));
    cv::Mat map(1, values, CV_32FC1);
    std::memcpy(map.data, npy.data() + header, static_cast<std::size_t>(values) * sizeof(float));
    return map;
  };
  const cv::Mat first = maps("map1", {"--checkpoint", at("run1")});
  const cv::Mat second = maps("map2", {"--checkpoint", at("run2")});
  const cv::Mat both =
      maps("map3", {"--checkpoint", at("run1"), "--checkpoint", at("run2"), "--weights", "3,1"});
  EXPECT_LE(cv::norm(both, 0.75 * first + 0.25 * second, cv::NORM_INF),
            1e-5 * cv::norm(both, cv::NORM_INF));
  const cv::Mat views =
      maps("map4", {"--checkpoint", at("run1"), "--tta", "identity,horizontal_flip"});
  EXPECT_GT(cv::norm(views, first, cv::NORM_INF), 1e-4 * cv::norm(first, cv::NORM_INF));
  expect_failure(run_xrayclf({"gradcam", "--checkpoint", at("run1"), "--checkpoint", at("run2"),
                              "--quality", "--output", at("map5"), at("data")}),
                 2, "one network");
}

TEST_F(UncertaintyIntegrationTest, EvalTakesEnsemblesAndFitsTheirWeights) {
  const auto result = eval("both", {"--checkpoint", at("run1"), "--checkpoint", at("run2"),
                                    "--fit_weights", "--tta", "identity,horizontal_flip"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json weights = read_json_file(at("both") + "/report.json")["provenance"]["weights"];
  ASSERT_EQ(weights.size(), 2u);
  EXPECT_NEAR(weights[0].get<double>() + weights[1].get<double>(), 1, 1e-9);
  expect_failure(eval("x", {"--checkpoint", at("run1"), "--checkpoint", at("run2"), "--calibrate"}),
                 2, "store with one --checkpoint");
}

}  // namespace
}  // namespace xrayclf
