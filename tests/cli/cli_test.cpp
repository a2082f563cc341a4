#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/command.hpp"
#include "support/program.hpp"
#include "support/temporary_directory.hpp"

namespace xrayclf {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing_support::ProgramResult;
using testing_support::run_xrayclf;
using testing_support::TemporaryDirectory;

void expect_usage_error(const ProgramResult& result, const std::string& message) {
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr(message));
  EXPECT_THAT(result.err, StartsWith("xrayclf: "));
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  EXPECT_EQ(result.out, "");
}

TEST(XrayclfCliTest, HelpNamesEveryCommandAndTheExitCodes) {
  const auto result = run_xrayclf({"--help"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
  for (const Command& command : commands()) EXPECT_THAT(result.out, HasSubstr("  " + command.name));
  EXPECT_THAT(result.out, HasSubstr("Exit codes: 0 done"));
  EXPECT_THAT(result.out, HasSubstr("not a medical device"));
}

TEST(XrayclfCliTest, EveryCommandsHelpShowsExamplesFirstAndEveryField) {
  for (const Command& command : commands()) {
    SCOPED_TRACE(command.name);
    const auto result = run_xrayclf({command.name, "--help"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.err, "");
    ASSERT_FALSE(command.examples.empty());
    EXPECT_LT(result.out.find(command.examples.front()), result.out.find("--config"));
    for (const FieldDoc& doc : command.describe())
      EXPECT_THAT(result.out, HasSubstr("--" + doc.path));
  }
}

TEST(XrayclfCliTest, PrintedConfigurationReadsBackTheSame) {
  const TemporaryDirectory directory;
  for (const Command& command : commands()) {
    SCOPED_TRACE(command.name);
    const auto first = run_xrayclf({command.name, "--print-config"});
    ASSERT_EQ(first.exit_code, 0) << first.err;
    std::ofstream(directory / "c.json") << first.out;
    const auto second =
        run_xrayclf({command.name, "--config", directory / "c.json", "--print-config"});
    EXPECT_EQ(second.exit_code, 0) << second.err;
    EXPECT_EQ(first.out, second.out);
  }
}

TEST(XrayclfCliTest, EveryFlagIsItsJsonKey) {
  for (const Command& command : commands()) {
    const json defaults = json::parse(run_xrayclf({command.name, "--print-config"}).out);
    for (const FieldDoc& doc : command.describe()) {
      std::string pointer = "/" + doc.path;
      std::replace(pointer.begin(), pointer.end(), '.', '/');
      EXPECT_TRUE(defaults.contains(json::json_pointer(pointer)))
          << command.name << " " << doc.path;
    }
  }
}

TEST(XrayclfCliTest, EveryFileInConfigsIsValid) {
  for (const auto& entry : std::filesystem::directory_iterator(XRAYCLF_SOURCE "/configs")) {
    if (entry.path().extension() != ".json") continue;
    // configs/eval.json is for the command `eval`; recipes, named for themselves, are for `train`.
    const std::string stem = entry.path().stem();
    const std::string first = stem.substr(0, stem.find('_'));
    const bool named = std::any_of(commands().begin(), commands().end(),
                                   [&](const Command& command) { return command.name == first; });
    const std::string command = named ? first : "train";
    const auto result = run_xrayclf({command, "--config", entry.path(), "--print-config"});
    EXPECT_EQ(result.exit_code, 0) << entry.path() << ": " << result.err;
  }
}

TEST(XrayclfCliTest, FlagsWinOverTheFileAndTheFileOverDefaults) {
  const TemporaryDirectory directory;
  std::ofstream(directory / "c.json") << R"({"epochs": 5, "optimizer": {"learning_rate": 0.5}})";
  const auto result = run_xrayclf({"train", "--config", directory / "c.json",
                                   "--optimizer.learning_rate", "0.25", "--print-config"});
  const json config = json::parse(result.out);
  EXPECT_EQ(config["epochs"], 5);
  EXPECT_EQ(config["optimizer"]["learning_rate"], 0.25);
  EXPECT_EQ(config["batch_size"], 32);
}

TEST(XrayclfCliTest, UsageErrorsAreOneLineThatNamesTheMistake) {
  const TemporaryDirectory directory;
  expect_usage_error(run_xrayclf({}), "no command given");
  expect_usage_error(run_xrayclf({"trian"}), "unknown command 'trian' (did you mean 'train'?)");
  expect_usage_error(run_xrayclf({"--frobnicate"}), "unknown option '--frobnicate'");
  expect_usage_error(run_xrayclf({"train", "--epoch", "3"}),
                     "unknown option '--epoch' (did you mean '--epochs'?)");
  expect_usage_error(run_xrayclf({"train", "stray"}), "unexpected argument 'stray'");
  expect_usage_error(run_xrayclf({"train", "--epochs"}), "--epochs");
  expect_usage_error(run_xrayclf({"train", "--epochs", "x"}),
                     "--epochs must be a whole number, got 'x'");
  expect_usage_error(run_xrayclf({"train", "--data", "d", "--output", "o", "--epochs", "0"}),
                     "epochs must be in [1, 100000], got 0");
  expect_usage_error(run_xrayclf({"train"}), "--data is required");
  expect_usage_error(
      run_xrayclf({"train", "--precision", "float31", "--data", "d", "--output", "o"}),
      "precision must be one of float32, bfloat16, float16, got 'float31' "
      "(did you mean 'float32'?)");
  expect_usage_error(run_xrayclf({"predict", "--prepared", "maybe"}), "");
  expect_usage_error(run_xrayclf({"train", "--log-level", "loud"}), "--log-level must be one of");
}

TEST(XrayclfCliTest, BrokenConfigurationFilesAreNamedWithThePlace) {
  const TemporaryDirectory directory;
  const auto with = [&](const std::string& content) {
    std::ofstream(directory / "c.json") << content;
    return run_xrayclf({"train", "--config", directory / "c.json", "--print-config"});
  };
  expect_usage_error(with("{\"epoch\": 5}"), "unknown key 'epoch' (did you mean 'epochs'?)");
  expect_usage_error(with("{\"optimizer\": {\"lr\": 1}}"), "unknown key 'optimizer.lr'");
  expect_usage_error(with("{\"epochs\": 2.5}"), "epochs must be a whole number");
  expect_usage_error(with("{\"epochs\": 30000000000000000000}"), "epochs must be a whole number");
  expect_usage_error(with("{\"epochs\": 2,\n \"epochs\": 3}"), "key 'epochs' stands twice");
  expect_usage_error(with("{\"epochs\": 2"), "not valid JSON at line 1");
  expect_usage_error(with("[1]"), "must hold a JSON object");
  const auto missing =
      run_xrayclf({"train", "--config", directory / "none.json", "--print-config"});
  EXPECT_EQ(missing.exit_code, 5);
  EXPECT_THAT(missing.err, HasSubstr("none.json: No such file"));
}

TEST(XrayclfCliTest, BooleanFlagsStandAloneOrTakeAWord) {
  const auto prepared = [](const std::vector<std::string>& flags) {
    std::vector<std::string> arguments = {"predict", "--print-config"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    const auto result = run_xrayclf(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return json::parse(result.out);
  };
  EXPECT_EQ(prepared({})["prepared"], false);
  EXPECT_EQ(prepared({"--prepared"})["prepared"], true);
  EXPECT_EQ(prepared({"--prepared", "false"})["prepared"], false);
  EXPECT_EQ(prepared({"--prepared=true"})["prepared"], true);
  const json with_input = prepared({"--prepared", "a.png", "b,c.png"});
  EXPECT_EQ(with_input["prepared"], true);
  EXPECT_EQ(with_input["input"], json({"a.png", "b,c.png"}));
}

TEST(XrayclfCliTest, VersionSaysWhatItWasBuiltForAndSees) {
  const auto text = run_xrayclf({"--version"});
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_THAT(text.out, StartsWith("xrayclf "));
  EXPECT_THAT(text.out, HasSubstr("built for: cpu"));
  const json info = json::parse(run_xrayclf({"--version", "--json"}).out);
  for (const char* key : {"xrayclf", "git_revision", "compiler", "libtorch", "opencv", "devices"}) {
    EXPECT_TRUE(info.contains(key)) << key;
  }
}

TEST(XrayclfCliTest, ResultsThatCannotBeWrittenAreAFailure) {
  const auto result = testing_support::Program(
                          {"/bin/sh", "-c", std::string(XRAYCLF_PROGRAM) + " --help > /dev/full"})
                          .wait();
  EXPECT_EQ(result.exit_code, 5) << result.err;
}

}  // namespace
}  // namespace xrayclf
