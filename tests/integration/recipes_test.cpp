#include <signal.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "support/phantom_runs.hpp"
#include "xrayclf/core/csv.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::HasSubstr;
using testing_support::Program;
using testing_support::run_xrayclf;

/// The recipes of configs/ and the ways of training, small.
class RecipesIntegrationTest : public testing_support::PhantomRuns {
 protected:
  static json recipe(const std::string& name) {
    json config = read_json_file(XRAYCLF_SOURCE "/configs/" + name);
    config["model"]["architecture"] = "efficientnet_lite0";
    config["model"]["weights"] = "none";
    config["device"] = "cpu";
    config["batch_size"] = 8;
    return config;
  }

  static json small(const std::string& settings) {
    json config = json::parse(R"({"model": {"architecture": "efficientnet_lite0",
        "weights": "none"}, "batch_size": 8, "epochs": 1, "device": "cpu"})");
    config.merge_patch(json::parse(settings));
    return config;
  }

  static json history(const std::string& run) { return read_json_file(run + "/history.json"); }
};

TEST_F(RecipesIntegrationTest, TheReferenceStudysRecipeTrainsTheHeadAndThenItsLastThirtyLayers) {
  json config = recipe("reference_b4.json");
  config["phases"][0]["epochs"] = 1;
  config["phases"][1]["epochs"] = 1;
  const auto result = train(config, at("reference"));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("phase 1 of 2"));
  EXPECT_THAT(result.err, HasSubstr("phase 2 of 2"));
  const json records = history(at("reference"));
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0]["learning_rate"], 1e-3);
  EXPECT_EQ(records[1]["phase"], 2);
  EXPECT_EQ(records[1]["learning_rate"], 1e-4);
}

TEST_F(RecipesIntegrationTest, TheRecommendedRecipeGivesTheSameRunForTheSameSeed) {
  json config = recipe("recommended_lite0.json");
  config["epochs"] = 2;
  for (const char* name : {"once", "again"}) {
    const auto result = train(config, at(name));
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
  EXPECT_EQ(outcome(at("once")), outcome(at("again")));
  config["seed"] = 2;
  ASSERT_EQ(train(config, at("other-seed")).exit_code, 0);
  EXPECT_NE(outcome(at("once"))["last"], outcome(at("other-seed"))["last"]);
}

TEST_F(RecipesIntegrationTest, FinetuneGoesOnFromARunWithTheStudysDefaults) {
  ASSERT_EQ(train(small("{}"), at("head")).exit_code, 0);
  const auto result = run_xrayclf({"finetune", "--checkpoint", at("head"), "--data", at("data"),
                                   "--output", at("tuned"), "--device", "cpu", "--epochs", "1"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json config = read_json_file(at("tuned") + "/config.json");
  EXPECT_EQ(config["open"]["part"], "last_keras_layers");
  EXPECT_EQ(config["open"]["last_keras_layers"], 30);
  EXPECT_EQ(config["optimizer"]["learning_rate"], 1e-4);
  EXPECT_EQ(config["optimizer"]["kind"], "adam");
  const json defaults = json::parse(run_xrayclf({"finetune", "--print-config"}).out);
  EXPECT_EQ(defaults["epochs"], 20);
  const json info = read_json_file(checkpoint(at("tuned"), "best") / "checkpoint.json");
  EXPECT_EQ(info["training"]["started_from"], checkpoint(at("head"), "best").string());
  // From the weights of the head's run, not from random ones.
  EXPECT_LT(history(at("tuned"))[0]["loss"], history(at("head"))[0]["loss"]);
}

TEST_F(RecipesIntegrationTest, FinetuneRefusesWhatItCannotStartFrom) {
  expect_failure(run_xrayclf({"finetune", "--data", at("data"), "--output", at("f1")}), 2,
                 "--checkpoint is required");
  expect_failure(run_xrayclf({"finetune", "--checkpoint", at("data"), "--data", at("data"),
                              "--output", at("f2")}),
                 4, "neither a checkpoint");
  json config = small(R"({"open": {"part": "from_module", "from_module": "features.77"}})");
  expect_failure(train(config, at("f3")), 2, "has no module 'features.77'");
  config = small(R"({"training_precision": "float16"})");
  expect_failure(train(config, at("f4")), 2, "float16 needs a CUDA device");
  config = small(R"({"phases": [{"epochs": 1}, {"epoch": 1}]})");
  expect_failure(train(config, at("f5")), 2, "phases[1]");
  for (const char* untouched : {"f1", "f2", "f3", "f4", "f5"}) {
    EXPECT_FALSE(fs::exists(at(untouched))) << untouched;
  }
}

TEST_F(RecipesIntegrationTest, TheFrozenPartsOutputsAreTheSameFromMemoryAndFromDisk) {
  json config = small(R"({"open": {"part": "last_blocks"}, "augment": {"preset": "chest"},
                          "views_per_image": 2, "epochs": 2})");
  ASSERT_EQ(train(config, at("memory")).exit_code, 0);
  config["cache"] = {{"memory_gib", 0}};
  ASSERT_EQ(train(config, at("disk")).exit_code, 0);
  EXPECT_EQ(outcome(at("memory")), outcome(at("disk")));
  for (const auto& entry : fs::directory_iterator(at("disk"))) {
    EXPECT_EQ(entry.path().filename().string().find("cache."), std::string::npos);
  }
  config["cache"]["precision"] = "bfloat16";
  ASSERT_EQ(train(config, at("rounded")).exit_code, 0);
  const double exact = history(at("memory"))[1]["val_loss"];
  EXPECT_NE(history(at("rounded"))[1]["val_loss"], exact);
  EXPECT_NEAR(history(at("rounded"))[1]["val_loss"], exact, 0.1);
}

TEST_F(RecipesIntegrationTest, EveryWayOfTrainingRuns) {
  const std::vector<std::string> ways = {
      R"({"optimizer": {"kind": "sgd", "learning_rate": 0.01, "clip_norm": 1, "accumulate": 2},
          "schedule": {"kind": "one_cycle"}, "sampler": "balanced"})",
      R"({"open": {"part": "from_module", "from_module": "features.7"}, "norms": "training",
          "drop_connect": "opened", "training_precision": "bfloat16",
          "loss": {"focal_gamma": 2, "class_weights": "none"},
          "schedule": {"kind": "exponential"}})",
      R"({"drop_connect": "strict_keras", "augment": {"pipeline": [{"transform": "mixup"}]},
          "optimizer": {"kind": "adamw", "weight_decay": 0.1, "block_factor": 0.8}})"};
  for (std::size_t i = 0; i < ways.size(); ++i) {
    const auto result = train(small(ways[i]), at("way-" + std::to_string(i)));
    EXPECT_EQ(result.exit_code, 0) << ways[i] << result.err;
  }
}

TEST_F(RecipesIntegrationTest, FoldsAreTestedInTurnAndSummedUpAndAKilledOneGoesOn) {
  const json config = small(R"({"folds": true, "epochs": 2})");
  const auto straight = train(config, at("cv"));
  ASSERT_EQ(straight.exit_code, 0) << straight.err;
  const json summary = json::parse(straight.out);
  ASSERT_EQ(summary["folds"].size(), 4u);
  std::int64_t images = 0;
  for (const json& fold : summary["folds"]) {
    images += fold["samples"].get<std::int64_t>();
    EXPECT_LE(fold["accuracy"]["low"], fold["accuracy"]["value"]);
    EXPECT_GE(fold["accuracy"]["high"], fold["accuracy"]["value"]);
  }
  const auto manifest = read_csv(at("data") + "/manifest.csv");
  EXPECT_EQ(images, static_cast<std::int64_t>(manifest.rows.size()));
  EXPECT_EQ(summary["pooled"]["samples"], images);
  EXPECT_LE(summary["pooled"]["accuracy"]["low"], summary["pooled"]["accuracy"]["high"]);
  EXPECT_EQ(read_csv(at("cv") + "/pooled/predictions.csv").rows.size(), manifest.rows.size());
  // Each image is judged by the run that did not see it: its fold's.
  for (int fold = 1; fold <= 4; ++fold) {
    const std::string name = at("cv") + "/fold-" + std::to_string(fold);
    const auto tested = read_csv(name + "/test/predictions.csv");
    for (const auto& row : tested.rows) {
      for (const auto& record : manifest.rows) {
        if (record[manifest.require("path")] != row[tested.require("path")]) continue;
        EXPECT_EQ(record[manifest.require("fold")], std::to_string(fold));
      }
    }
  }

  auto command = train_command(config, at("cv-killed"));
  command.insert(command.begin(), XRAYCLF_PROGRAM);
  {
    Program program(command);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(120);
    while (!fs::exists(at("cv-killed") + "/fold-2/checkpoints/last") &&
           std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    program.signal(SIGKILL);
    EXPECT_EQ(program.wait().exit_code, 137);
  }
  const auto resumed = resume(at("cv-killed"));
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  json after = json::parse(resumed.out);
  after["run"] = summary["run"];
  EXPECT_EQ(after, summary);
}

}  // namespace
}  // namespace xrayclf
