#include <signal.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/program.hpp"
#include "support/temporary_directory.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/csv.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/core/sha256.hpp"
#include "xrayclf/evaluation/calibration.hpp"
#include "xrayclf/model/checkpoint.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::HasSubstr;
using testing_support::Program;
using testing_support::ProgramResult;
using testing_support::run_xrayclf;
using testing_support::TemporaryDirectory;

/// Phantoms, prepared small, and one run on them, shared by the tests; each command is the program
/// itself.
class PipelineIntegrationTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = new TemporaryDirectory;
    succeed({"phantoms", "--output", at("films"), "--patients", "36", "--seed", "3"});
    succeed({"preprocess", "--input", at("films") + "/images.csv", "--output", at("data"),
             "--image_size", "64", "--split.fractions", "0.5,0.25,0.25", "--quiet"});
    trained_ = train(at("run"), {});
    ASSERT_EQ(trained_.exit_code, 0) << trained_.err;
  }
  static void TearDownTestSuite() { delete directory_; }

  static std::string at(const std::string& name) { return *directory_ / name; }

  static ProgramResult succeed(const std::vector<std::string>& arguments) {
    auto result = run_xrayclf(arguments);
    EXPECT_EQ(result.exit_code, 0) << arguments.at(0) << ": " << result.err;
    return result;
  }

  static std::vector<std::string> train_command(const std::string& output) {
    return {"train",
            "--data",
            at("data"),
            "--output",
            output,
            "--model.architecture",
            "efficientnet_lite0",
            "--model.weights",
            "none",
            "--epochs",
            "2",
            "--device",
            "cpu"};
  }
  static ProgramResult train(const std::string& output, const std::vector<std::string>& more) {
    auto arguments = train_command(output);
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_xrayclf(arguments);
  }

  static std::string best_weights_hash(const std::string& run) {
    std::string name = read_file(fs::path(run) / "checkpoints/best");
    name.pop_back();
    return sha256_file(fs::path(run) / "checkpoints" / name / "model.safetensors");
  }

  static void expect_failure(const ProgramResult& result, int code, const std::string& message) {
    EXPECT_EQ(result.exit_code, code) << result.err;
    EXPECT_THAT(result.err, HasSubstr(message));
  }

  static inline TemporaryDirectory* directory_ = nullptr;
  static inline ProgramResult trained_;
};

TEST_F(PipelineIntegrationTest, TrainPrintsOneObjectAndLeavesACompleteRun) {
  const json result = json::parse(trained_.out);
  EXPECT_EQ(result["run"], at("run"));
  EXPECT_GE(result["best_epoch"].get<int>(), 1);
  EXPECT_TRUE(result["validation"]["accuracy"].is_number());
  const json history = read_json_file(at("run") + "/history.json");
  ASSERT_EQ(history.size(), 2u);
  for (const char* figure : {"loss", "accuracy", "auroc", "val_loss", "val_accuracy", "val_auroc",
                             "learning_rate", "seconds", "images_per_second"}) {
    EXPECT_TRUE(history[0][figure].is_number()) << figure;
  }
  EXPECT_EQ(read_csv(at("run") + "/history.csv").rows.size(), 2u);
  EXPECT_EQ(read_json_file(at("run") + "/config.json")["epochs"], 2);
  EXPECT_EQ(read_json_file(at("run") + "/environment.json")["device"], "cpu");
  EXPECT_GT(fs::file_size(at("run") + "/log.txt"), 0u);
  EXPECT_THAT(trained_.err, HasSubstr("epoch 2/2"));
}

TEST_F(PipelineIntegrationTest, TheSavedConfigurationRepeatsTheRunBitForBit) {
  succeed({"train", "--config", at("run") + "/config.json", "--output", at("again")});
  EXPECT_EQ(best_weights_hash(at("run")), best_weights_hash(at("again")));
  ASSERT_EQ(train(at("other"), {"--seed", "2"}).exit_code, 0);
  EXPECT_NE(best_weights_hash(at("run")), best_weights_hash(at("other")));
}

TEST_F(PipelineIntegrationTest, EvalWritesPredictionsAndReportAndReadsItsOwnPredictions) {
  const auto result =
      succeed({"eval", "--checkpoint", at("run"), "--data", at("data"), "--output", at("test")});
  EXPECT_EQ(result.out, read_file(at("test") + "/report.txt"));
  const json report = read_json_file(at("test") + "/report.json");
  const auto predictions = read_csv(at("test") + "/predictions.csv");
  EXPECT_EQ(report["samples"], predictions.rows.size());
  const json& accuracy = report["metrics"]["accuracy"];
  EXPECT_LE(accuracy["low"].get<double>(), accuracy["value"].get<double>());
  EXPECT_GE(accuracy["high"].get<double>(), accuracy["value"].get<double>());
  EXPECT_THAT(result.out, HasSubstr("thumbnail"))
      << "the shortcut baselines stand beside the accuracy";

  succeed({"eval", "--predictions", at("test") + "/predictions.csv", "--output", at("test2")});
  EXPECT_EQ(read_json_file(at("test2") + "/report.json")["metrics"], report["metrics"]);
}

TEST_F(PipelineIntegrationTest, AStoredTemperatureIsUsedByEvalPredictAndCompare) {
  const auto trained = train(at("calibrated"), {"--calibrate"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_EQ(best_weights_hash(at("calibrated")), best_weights_hash(at("run")));
  const std::string data = at("data");
  const auto eval = [&](const std::string& run, const std::string& output,
                        std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"eval", "--checkpoint", at(run), "--data", data, "--output",
                               at(output), "--report.bootstrap_samples", "50"});
    succeed(more);
    return read_json_file(at(output) + "/report.json");
  };
  // So little training need not give a temperature that can be fitted: one is put in.
  constexpr double kTemperature = 2;
  fs::copy(at("run"), at("stored"), fs::copy_options::recursive);
  TemperatureScaling scaling;
  scaling.temperature = kTemperature;
  amend_calibration(resolve_checkpoint(at("stored")), {{"temperature", to_json(scaling)}});
  const json stored = eval("stored", "stored-test");
  EXPECT_EQ(stored["calibration"]["stored_in_checkpoint"], true);
  EXPECT_EQ(stored["calibration"]["applied"], true);
  EXPECT_EQ(stored["calibration"]["after"]["brier"]["value"], stored["metrics"]["brier"]["value"]);
  EXPECT_TRUE(stored["operating_points"]["per_class"].contains("Normal"));
  const double temperature = stored["calibration"]["temperature"]["value"];
  EXPECT_EQ(temperature, kTemperature);
  const json raw = eval("run", "raw-test");
  EXPECT_EQ(raw["calibration"]["applied"], false);
  EXPECT_NE(raw["metrics"]["brier"]["value"], stored["metrics"]["brier"]["value"]);
  EXPECT_EQ(eval("stored", "stored-none", {"--temperature", "none"})["metrics"], raw["metrics"]);
  // p^(1/T) of the raw probabilities, normalised.
  const auto unscaled = read_csv(at("raw-test") + "/predictions.csv");
  double sum = 0;
  for (const char* name : {"COVID-19", "Normal", "Pneumonia"}) {
    sum += std::sqrt(std::stod(unscaled.rows[0][unscaled.require(std::string("prob_") + name)]));
  }
  const auto rows = read_csv(at("stored-test") + "/predictions.csv");
  EXPECT_NEAR(std::stod(rows.rows[0][rows.require("prob_Normal")]),
              std::sqrt(std::stod(unscaled.rows[0][unscaled.require("prob_Normal")])) / sum, 1e-6);
  // predict scales as eval does.
  const auto predicted = succeed({"predict", "--checkpoint", at("stored"), "--format", "jsonl",
                                  "--prepared", data + "/" + rows.rows[0][0]});
  EXPECT_NEAR(json::parse(predicted.out)["probabilities"]["Normal"].get<double>(),
              std::stod(rows.rows[0][rows.require("prob_Normal")]), 1e-5);
  const auto compared =
      succeed({"compare", at("run"), at("stored"), at("raw-test") + "/predictions.csv", "--data",
               data, "--report.bootstrap_samples", "50", "--output", at("compared")});
  const json comparison = read_json_file(at("compared") + "/compare.json");
  EXPECT_EQ(comparison["models"][1]["info"]["architecture"], "efficientnet_lite0");
  EXPECT_NEAR(comparison["models"][1]["info"]["temperature"].get<double>(), temperature, 1e-6);
  EXPECT_EQ(comparison["models"][0]["metrics"]["accuracy"],
            comparison["models"][2]["metrics"]["accuracy"]);
  expect_failure(run_xrayclf({"compare", at("run"), at("stored"), "--output", at("nothing")}), 2,
                 "give it images with --data");
  expect_failure(run_xrayclf({"eval", "--checkpoint", at("run"), "--data", data, "--split",
                              "validation", "--temperature", "fitted", "--output", at("nothing")}),
                 2, "other than --split");
  EXPECT_FALSE(fs::exists(at("nothing")));
  const json on_validation = eval("run", "validation-test", {"--split", "validation"});
  EXPECT_FALSE(on_validation.contains("operating_points"));
  EXPECT_THAT(on_validation["notes"].dump(), HasSubstr("itself the split to choose them on"));
}

TEST_F(PipelineIntegrationTest, PredictPreparesRawImagesAsTrainingDid) {
  succeed({"eval", "--checkpoint", at("run"), "--data", at("data"), "--output", at("skew")});
  const auto evaluated = read_csv(at("skew") + "/predictions.csv");
  const auto manifest = read_csv(at("data") + "/manifest.csv");
  const auto first_probability = evaluated.require("true") + 2;
  for (std::size_t i = 0; i < 5; ++i) {
    const std::string path = evaluated.rows[i][evaluated.require("path")];
    std::string source;
    for (const auto& row : manifest.rows) {
      if (row[manifest.require("path")] == path)
        source = at("films") + "/" + row[manifest.require("source")];
    }
    const auto raw = succeed({"predict", "--checkpoint", at("run"), "--format", "jsonl", source});
    const auto prepared = succeed({"predict", "--checkpoint", at("run"), "--format", "jsonl",
                                   "--prepared", at("data") + "/" + path});
    const json a = json::parse(raw.out)["probabilities"];
    EXPECT_EQ(a, json::parse(prepared.out)["probabilities"]) << "train/serve skew";
    std::size_t column = first_probability;
    for (const char* name : {"COVID-19", "Normal", "Pneumonia"}) {
      // eval batches otherwise, and a batch's size may change the last bits.
      EXPECT_NEAR(a[name].get<double>(), std::stod(evaluated.rows[i][column++]), 1e-5);
    }
  }
}

TEST_F(PipelineIntegrationTest, AFileThatFailsHasItsRowAndTheRestGoOn) {
  std::ofstream(at("broken.png")) << "no image";
  const std::string good = at("data") + "/" + read_csv(at("data") + "/manifest.csv").rows[0][0];
  const auto result = run_xrayclf({"predict", "--checkpoint", at("run"), "--format", "jsonl", good,
                                   at("broken.png"), at("absent.png"), "-"},
                                  good + "\n");
  expect_failure(result, 8, "2 of 4 images could not be classified");
  std::istringstream lines(result.out);
  std::vector<json> rows;
  for (std::string line; std::getline(lines, line);) rows.push_back(json::parse(line));
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_TRUE(rows[0].contains("predicted"));
  EXPECT_THAT(rows[1]["error"], HasSubstr("broken.png"));
  EXPECT_THAT(rows[2]["error"], HasSubstr("absent.png"));
  EXPECT_EQ(rows[3]["probabilities"], rows[0]["probabilities"]);
}

TEST_F(PipelineIntegrationTest, ARunIsNeverReused) {
  expect_failure(train(at("run"), {}), 5, "not empty");
}

TEST_F(PipelineIntegrationTest, WhatDoesNotFitIsRefusedWithItsExitCode) {
  expect_failure(train(at("x1"), {"--device", "cuda:7"}), 7, "cuda:7");
  expect_failure(train(at("x2"), {"--model.weights", at("none.safetensors")}), 5,
                 "none.safetensors");
  std::ofstream(at("bad.safetensors")) << "garbage";
  expect_failure(train(at("x3"), {"--model.weights", at("bad.safetensors")}), 4, "bad.safetensors");
  expect_failure(train(at("x4"), {"--model.architecture", "efficientnet_b44"}), 2,
                 "did you mean 'efficientnet_b4'?");
  expect_failure(run_xrayclf({"train", "--data", at("films"), "--output", at("x5")}), 3, "films");
  expect_failure(run_xrayclf({"predict", "--checkpoint", at("films"), "a.png"}), 4, "films");
  expect_failure(run_xrayclf({"eval", "--checkpoint", at("run"), "--output", at("e")}), 2,
                 "give --checkpoint and --data, or --predictions");
  expect_failure(run_xrayclf({"eval", "--checkpoint", at("run"), "--data", at("data"), "--split",
                              "nosuch", "--output", at("e")}),
                 3, "nosuch");
  for (const char* untouched : {"x1", "x2", "x3", "x4", "x5", "e"})
    EXPECT_FALSE(fs::exists(at(untouched)));
}

TEST_F(PipelineIntegrationTest, ALossThatIsNotFiniteStopsWithNothingBadOnDisk) {
  expect_failure(train(at("nan"), {"--optimizer.learning_rate", "1e30"}), 6,
                 "the loss is not finite in epoch");
  for (const auto& entry : fs::directory_iterator(at("nan") + "/checkpoints")) {
    if (!entry.is_directory()) continue;
    EXPECT_EQ(run_xrayclf({"predict", "--checkpoint", entry.path(), at("data")}).exit_code, 0)
        << entry.path();
  }
}

TEST_F(PipelineIntegrationTest, ADataSetOfOtherClassesOrPreprocessingIsRefusedWithTheDifference) {
  succeed({"phantoms", "--output", at("two"), "--patients", "20", "--classes", "Normal,Pneumonia"});
  succeed({"preprocess", "--input", at("two") + "/images.csv", "--output", at("two-data"),
           "--image_size", "64", "--quiet"});
  expect_failure(run_xrayclf({"eval", "--checkpoint", at("run"), "--data", at("two-data"),
                              "--output", at("e2")}),
                 4, "only in the checkpoint: COVID-19");
  succeed({"preprocess", "--input", at("films") + "/images.csv", "--output", at("plain"),
           "--image_size", "64", "--clahe.enabled", "false", "--quiet"});
  expect_failure(
      run_xrayclf({"eval", "--checkpoint", at("run"), "--data", at("plain"), "--output", at("e3")}),
      4, "prepared otherwise");
}

TEST_F(PipelineIntegrationTest, ADamagedCheckpointIsRefused) {
  fs::copy(at("run"), at("damaged"), fs::copy_options::recursive);
  std::string name = read_file(at("damaged") + "/checkpoints/best");
  name.pop_back();
  const fs::path weights = fs::path(at("damaged")) / "checkpoints" / name / "model.safetensors";
  std::fstream file(weights, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-5, std::ios::end);
  file.put('\x7f');
  file.close();
  expect_failure(run_xrayclf({"predict", "--checkpoint", at("damaged"), at("data")}), 4,
                 "model.safetensors");
}

TEST_F(PipelineIntegrationTest, ASignalEndsTrainingWithItsExitCode) {
  auto arguments = train_command(at("signalled"));
  arguments.insert(arguments.begin(), XRAYCLF_PROGRAM);
  for (auto& word : arguments) {
    if (word == "2") word = "100000";  // epochs
  }
  Program program(arguments);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (program.err_so_far().find("epoch 2/") == std::string::npos &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  program.signal(SIGTERM);
  const auto result = program.wait();
  EXPECT_EQ(result.exit_code, 143);
  EXPECT_THAT(result.err, HasSubstr("all is saved, --resume goes on"));
  EXPECT_EQ(run_xrayclf({"predict", "--checkpoint", at("signalled"), at("data")}).exit_code, 0);
}

TEST_F(PipelineIntegrationTest, TheDefaultNetworkRunsWithRandomWeights) {
  auto arguments = train_command(at("b4"));
  for (auto& word : arguments) {
    if (word == "efficientnet_lite0") word = "efficientnet_b4";
  }
  const auto result = run_xrayclf(arguments);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  succeed({"eval", "--checkpoint", at("b4"), "--data", at("data"), "--output", at("b4-test")});
}

}  // namespace
}  // namespace xrayclf
