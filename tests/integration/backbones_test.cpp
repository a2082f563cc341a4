#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "support/program.hpp"
#include "support/temporary_directory.hpp"
#include "xrayclf/core/json_file.hpp"

namespace xrayclf {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using testing_support::ProgramResult;
using testing_support::run_xrayclf;
using testing_support::TemporaryDirectory;

struct Case {
  const char* architecture;
  std::int64_t opened;  ///< parameters of the backbone that phase 2 trains
  std::int64_t channels;
};
/// What googletest prints for a parameter.
void PrintTo(const Case& value, std::ostream* out) { *out << value.architecture; }

/// 2048 features and three classes: what the study's head trains.
std::int64_t head_parameters(std::int64_t channels) {
  return 2 * channels + (channels + 1) * 512 + 2 * 512 + 513 * 256 + 2 * 256 + 257 * 3;
}

/// Each of the networks, whole, through the program's commands on small phantoms.
class BackbonesIntegrationTest : public ::testing::TestWithParam<Case> {
 protected:
  static void SetUpTestSuite() {
    directory_ = new TemporaryDirectory;
    succeed({"phantoms", "--output", at("films"), "--patients", "18", "--seed", "3"});
    succeed({"preprocess", "--input", at("films") + "/images.csv", "--output", at("data"),
             "--image_size", "75", "--split.fractions", "0.5,0.25,0.25", "--quiet"});
  }
  static void TearDownTestSuite() { delete directory_; }
  static std::string at(const std::string& name) { return *directory_ / name; }
  static ProgramResult succeed(const std::vector<std::string>& arguments) {
    auto result = run_xrayclf(arguments);
    EXPECT_EQ(result.exit_code, 0) << arguments.at(0) << ": " << result.err;
    return result;
  }

  static inline TemporaryDirectory* directory_ = nullptr;
};

TEST_P(BackbonesIntegrationTest, TrainsInBothPhasesEvaluatesAndPredicts) {
  const auto& [architecture, opened, channels] = GetParam();
  const std::string run = at(std::string(architecture) + "-1");
  const std::string tuned = at(std::string(architecture) + "-2");
  const auto trained =
      succeed({"train", "--data", at("data"), "--output", run, "--model.architecture", architecture,
               "--model.weights", "none", "--epochs", "1", "--batch_size", "8", "--device", "cpu"});
  EXPECT_THAT(trained.err,
              HasSubstr(": " + std::to_string(head_parameters(channels)) + " trained parameters"));
  const auto finetuned = succeed({"finetune", "--checkpoint", run, "--data", at("data"), "--output",
                                  tuned, "--epochs", "1", "--batch_size", "8", "--device", "cpu"});
  EXPECT_THAT(finetuned.err, HasSubstr(": " + std::to_string(head_parameters(channels) + opened) +
                                       " trained parameters"));
  const json history = read_json_file(tuned + "/history.json");
  EXPECT_TRUE(history.at(0).at("val_loss").is_number());

  succeed({"eval", "--checkpoint", tuned, "--data", at("data"), "--output", tuned + "/test"});
  EXPECT_TRUE(
      read_json_file(tuned + "/test/report.json")["metrics"]["accuracy"]["value"].is_number());
  const auto predicted =
      succeed({"predict", "--checkpoint", tuned, "--format", "jsonl", at("films") + "/images"});
  std::istringstream lines(predicted.out);
  std::size_t rows = 0;
  for (std::string line; std::getline(lines, line); ++rows) {
    const json prediction = json::parse(line);
    double sum = 0.0;
    for (const auto& value : prediction.at("probabilities")) sum += value.get<double>();
    EXPECT_NEAR(sum, 1.0, 1e-6);
  }
  EXPECT_GT(rows, 10U);
}

INSTANTIATE_TEST_SUITE_P(Networks, BackbonesIntegrationTest,
                         ::testing::Values(Case{"resnet50", 14'439'424, 2048},
                                           Case{"vgg16", 14'714'688, 512},
                                           Case{"inception_v3", 5'159'296, 2048},
                                           Case{"densenet121", 641'408, 1024}),
                         [](const auto& test) { return std::string(test.param.architecture); });

TEST_F(BackbonesIntegrationTest, ImagesTooSmallForANetworkAreAnErrorThatSaysSo) {
  succeed({"preprocess", "--input", at("films") + "/images.csv", "--output", at("small"),
           "--image_size", "64", "--quiet"});
  const auto result =
      run_xrayclf({"train", "--data", at("small"), "--output", at("no"), "--model.architecture",
                   "inception_v3", "--model.weights", "none", "--device", "cpu"});
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_THAT(result.err, HasSubstr("inception_v3 needs images of at least 75 pixels"));
}

}  // namespace
}  // namespace xrayclf
