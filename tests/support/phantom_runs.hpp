#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/program.hpp"
#include "support/temporary_directory.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/core/sha256.hpp"

namespace xrayclf::testing_support {

/// Phantoms of 64 pixels a side in four folds, shared by the tests of a suite, and runs of the
/// program itself on them.
class PhantomRuns : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = new TemporaryDirectory;
    make_data("data", {});
  }
  static void TearDownTestSuite() {
    delete directory_;
    directory_ = nullptr;
  }

  static std::string at(const std::string& name) { return *directory_ / name; }

  static void make_data(const std::string& name, const std::vector<std::string>& more) {
    const std::string films = at(name + "-films");
    succeed({"phantoms", "--output", films, "--patients", "24", "--seed", "3", "--quiet"});
    std::vector<std::string> arguments = {
        "preprocess", "--input",           films + "/images.csv", "--output",      at(name),
        "--quiet",    "--split.fractions", "0.5,0.25,0.25",       "--split.folds", "4"};
    if (std::find(more.begin(), more.end(), "--image_size") == more.end()) {
      arguments.insert(arguments.end(), {"--image_size", "64"});
    }
    arguments.insert(arguments.end(), more.begin(), more.end());
    succeed(arguments);
  }

  static ProgramResult succeed(const std::vector<std::string>& arguments) {
    auto result = run_xrayclf(arguments);
    EXPECT_EQ(result.exit_code, 0) << arguments.at(0) << ": " << result.err;
    return result;
  }

  static void expect_failure(const ProgramResult& result, int code, const std::string& message) {
    EXPECT_EQ(result.exit_code, code) << result.err;
    EXPECT_THAT(result.err, ::testing::HasSubstr(message));
    EXPECT_EQ(result.out, "");
  }

  /// Two phases: the head with a plateau and patience, then the last block with fresh views, a
  /// running mean of the weights and dropped branches.
  static nlohmann::json two_phases() {
    return nlohmann::json::parse(R"({
      "model": {"architecture": "efficientnet_lite0", "weights": "none"},
      "batch_size": 6, "device": "cpu", "save": {"every_steps": 1},
      "callbacks": {"reduce_learning_rate": {"patience": 1, "min_delta": 10},
                    "early_stopping": {"enabled": true, "patience": 2, "min_delta": 10}},
      "phases": [
        {"epochs": 4, "schedule": {"kind": "plateau"}},
        {"epochs": 2, "open": {"part": "last_blocks", "last_blocks": 2},
         "optimizer": {"kind": "adamw", "learning_rate": 1e-4, "weight_decay": 0.01},
         "augment": {"preset": "chest"}, "ema": {"decay": 0.9}, "drop_connect": "opened",
         "schedule": {"kind": "cosine", "warmup_epochs": 1}}
      ]})");
  }

  /// `xrayclf train` with this configuration as a file.
  static std::vector<std::string> train_command(const nlohmann::json& config,
                                                const std::string& output) {
    const std::string file = at(std::filesystem::path(output).filename().string() + ".json");
    write_json_file(file, config);
    return {"train", "--config", file, "--data", at("data"), "--output", output};
  }
  static ProgramResult train(const nlohmann::json& config, const std::string& output) {
    return run_xrayclf(train_command(config, output));
  }
  static ProgramResult resume(const std::string& run) {
    return run_xrayclf({"train", "--resume", run});
  }

  static std::filesystem::path checkpoint(const std::string& run, const std::string& pointer) {
    std::string name = read_file(std::filesystem::path(run) / "checkpoints" / pointer);
    name.pop_back();
    return std::filesystem::path(run) / "checkpoints" / name;
  }

  /// What must not depend on interruptions: the names and weights of the best and the last
  /// checkpoint, and the history apart from times.
  static nlohmann::json outcome(const std::string& run) {
    nlohmann::json result;
    for (const char* pointer : {"best", "last"}) {
      const auto directory = checkpoint(run, pointer);
      result[pointer] = {directory.filename().string(),
                         sha256_file(directory / "model.safetensors")};
    }
    result["history"] = read_json_file(run + "/history.json");
    for (auto& record : result["history"]) {
      record.erase("seconds");
      record.erase("images_per_second");
    }
    return result;
  }

  static inline TemporaryDirectory* directory_ = nullptr;
};

}  // namespace xrayclf::testing_support
