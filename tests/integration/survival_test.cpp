#include <signal.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "support/event_reader.hpp"
#include "support/phantom_runs.hpp"
#include "xrayclf/core/csv.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;
using testing_support::Program;
using testing_support::ProgramResult;

/// Runs that are stopped, killed, damaged or moved to a changed world, beside one that is not.
class SurvivalIntegrationTest : public testing_support::PhantomRuns {
 protected:
  static void SetUpTestSuite() {
    PhantomRuns::SetUpTestSuite();
    json config = two_phases();
    config["save"]["keep"] = 1000;
    const auto start = steady_clock::now();
    const auto result = train(config, at("reference"));
    duration_ = std::chrono::duration_cast<milliseconds>(steady_clock::now() - start);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    expected_ = outcome(at("reference"));
  }

  static std::vector<std::string> command(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), XRAYCLF_PROGRAM);
    return arguments;
  }

  /// Waits until the program has said `text`.
  static void wait_for(const Program& program, const std::string& text) {
    const auto deadline = steady_clock::now() + std::chrono::seconds(120);
    while (program.err_so_far().find(text) == std::string::npos) {
      ASSERT_LT(steady_clock::now(), deadline) << program.err_so_far();
      std::this_thread::sleep_for(milliseconds(10));
    }
  }

  /// Names of the checkpoints of a run, in the order in which they were written.
  static std::vector<std::string> saved(const std::string& run) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(run + "/checkpoints")) {
      if (entry.is_directory()) names.push_back(entry.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  /// The reference run as a process left it that was stopped right after this checkpoint.
  static std::string stopped_after(const std::string& name, const std::string& checkpoint) {
    fs::copy(at("reference"), at(name), fs::copy_options::recursive);
    for (const std::string& later : saved(at(name))) {
      if (later > checkpoint) fs::remove_all(at(name) + "/checkpoints/" + later);
    }
    return at(name);
  }

  static void flip(const fs::path& file, std::uintmax_t at) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(at));
    const char byte = static_cast<char>(stream.get() ^ 0x20);
    stream.seekp(static_cast<std::streamoff>(at));
    stream.put(byte);
  }

  static inline json expected_;
  static inline milliseconds duration_{};
};

TEST_F(SurvivalIntegrationTest, TheReferenceRunMeetsAPlateauItsPatienceAndASecondPhase) {
  const json& history = expected_["history"];
  ASSERT_EQ(history.size(), 5u) << "three epochs until patience ends, two of the second phase";
  EXPECT_EQ(history[1]["learning_rate"], 1e-3);
  EXPECT_EQ(history[2]["learning_rate"], 5e-4);
  EXPECT_EQ(history[2]["phase"], 1);
  EXPECT_EQ(history[3]["phase"], 2);
  std::set<std::pair<std::string, std::uint64_t>> unique;
  const auto shown = testing_support::shown_scalars(at("reference") + "/tensorboard");
  for (const auto& scalar : shown) unique.insert(scalar);
  EXPECT_EQ(shown.size(), 5u * 9);
  EXPECT_EQ(unique.size(), shown.size());
}

TEST_F(SurvivalIntegrationTest, FromAnySavedStateARunEndsAsIfItHadNeverStopped) {
  const std::vector<std::string> states = saved(at("reference"));
  ASSERT_GE(states.size(), 15u);
  EXPECT_EQ(states.front(), "epoch-0000");
  // The start, within the first epoch, at the drop of the rate, at the end of patience, after the
  // first step of the second phase, within its last epoch, and at the end of all.
  const std::vector<std::string> chosen = {
      "epoch-0000", "epoch-0000-batch-000001", "epoch-0002",
      "epoch-0003", "epoch-0003-batch-000001", "epoch-0004-batch-000002",
      "epoch-0005"};
  for (const std::string& state : chosen) {
    SCOPED_TRACE(state);
    ASSERT_TRUE(std::find(states.begin(), states.end(), state) != states.end());
    const std::string run = stopped_after("after-" + state, state);
    const auto result = resume(run);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(outcome(run), expected_);
    fs::remove_all(run);
  }
}

TEST_F(SurvivalIntegrationTest, KilledTenTimesAtRandomARunEndsWithTheSameWeights) {
  const std::string run = at("killed");
  std::mt19937 random(20240229);
  auto arguments = train_command(two_phases(), run);
  int resumed = 0;
  for (int kill = 0; kill < 10; ++kill) {
    Program program(command(arguments));
    const auto longest = static_cast<std::uint32_t>(duration_.count() / 2);
    std::this_thread::sleep_for(milliseconds(random() % longest));
    program.signal(SIGKILL);
    program.wait();
    // Killed before its configuration was on disk it is no run yet, and is begun again.
    if (fs::exists(run + "/config.json")) {
      arguments = {"train", "--resume", run};
      ++resumed;
    }
  }
  const auto result = resume(run);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_GE(resumed, 5);
  EXPECT_EQ(outcome(run), expected_);
  for (const auto& entry : fs::recursive_directory_iterator(run)) {
    EXPECT_EQ(entry.path().string().find(".tmp-"), std::string::npos) << entry.path();
  }
  EXPECT_EQ(read_csv(run + "/history.csv").rows.size(), 5u);
  std::set<std::pair<std::string, std::uint64_t>> unique;
  const auto shown = testing_support::shown_scalars(run + "/tensorboard");
  for (const auto& scalar : shown) unique.insert(scalar);
  EXPECT_EQ(unique.size(), shown.size()) << "a step twice";
  EXPECT_EQ(unique.size(), 5u * 9) << "a step is missing";
}

TEST_F(SurvivalIntegrationTest, ASignalSavesAndEndsTheRunWithItsExitCodeWhereverItFalls) {
  const std::string run = at("signalled");
  std::mt19937 random(7);
  auto arguments = train_command(two_phases(), run);
  const std::vector<std::pair<int, int>> signals = {
      {SIGTERM, 143}, {SIGINT, 130}, {SIGTERM, 143}, {SIGINT, 130}};
  for (std::size_t i = 0; i < signals.size(); ++i) {
    Program program(command(arguments));
    // The first comes before the first step, the others anywhere.
    wait_for(program, "training and");
    if (i > 0) std::this_thread::sleep_for(milliseconds(random() % 700));
    const auto sent = steady_clock::now();
    program.signal(signals[i].first);
    const auto result = program.wait();
    if (result.exit_code == 0) break;  // it was over before
    EXPECT_EQ(result.exit_code, signals[i].second) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_LT(steady_clock::now() - sent, std::chrono::seconds(30));
    arguments = {"train", "--resume", run};
  }
  const auto result = resume(run);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(outcome(run), expected_);
}

/// Steps long enough to aim at: everything open, one epoch, no save within it.
json slow_run() {
  return json::parse(R"({
    "model": {"architecture": "efficientnet_lite0", "weights": "none", "head": "linear"},
    "open": {"part": "everything"}, "augment": {"preset": "chest"}, "batch_size": 2,
    "epochs": 50, "device": "cpu", "save": {"every_minutes": 0, "keep": 1000}})");
}

TEST_F(SurvivalIntegrationTest, Usr1SavesWithinTheEpochAndTheRunGoesOn) {
  Program program(command(train_command(slow_run(), at("asked"))));
  wait_for(program, "epoch 1/");
  std::this_thread::sleep_for(milliseconds(100));
  program.signal(SIGUSR1);
  const auto deadline = steady_clock::now() + std::chrono::seconds(60);
  const auto has_mid_epoch_save = [] {
    const auto names = saved(at("asked"));
    return std::any_of(names.begin(), names.end(), [](const std::string& name) {
      return name.find("-batch-") != std::string::npos && name.find(".tmp-") == std::string::npos;
    });
  };
  while (!has_mid_epoch_save() && steady_clock::now() < deadline) {
    std::this_thread::sleep_for(milliseconds(20));
  }
  EXPECT_TRUE(has_mid_epoch_save());
  wait_for(program, "epoch 3/");
}

TEST_F(SurvivalIntegrationTest, ASecondSignalStopsAtOnceAndLeavesARunThatGoesOn) {
  const std::string run = at("twice");
  Program program(command(train_command(two_phases(), run)));
  wait_for(program, "epoch 1/");
  program.signal(SIGINT);
  program.signal(SIGINT);
  const auto sent = steady_clock::now();
  EXPECT_EQ(program.wait().exit_code, 130);
  EXPECT_LT(steady_clock::now() - sent, std::chrono::seconds(10));
  ASSERT_EQ(resume(run).exit_code, 0);
  EXPECT_EQ(outcome(run), expected_);
}

TEST_F(SurvivalIntegrationTest, ASecondWriterIsRefusedAndTheFirstGoesOn) {
  const std::string run = at("held");
  Program first(command(train_command(slow_run(), run)));
  wait_for(first, "epoch 1/");
  expect_failure(resume(run), 5, "another process is writing this run");
  expect_failure(train(slow_run(), run), 5, "not empty");
  wait_for(first, "epoch 2/");
}

TEST_F(SurvivalIntegrationTest, ADamagedLastStateIsPassedOverForTheOneBefore) {
  const std::string run = stopped_after("damaged", "epoch-0004");
  const fs::path last = run + "/checkpoints/epoch-0004/tensors.safetensors";
  flip(last, fs::file_size(last) / 2);
  const auto result = resume(run);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("passing over"));
  EXPECT_THAT(result.err, HasSubstr("its SHA-256 is not the manifest's"));
  EXPECT_EQ(outcome(run), expected_);
}

TEST_F(SurvivalIntegrationTest, WithNoWholeStateLeftARunCannotGoOn) {
  const std::string run = stopped_after("ruined", "epoch-0001");
  for (const std::string& name : saved(run)) {
    fs::remove(run + "/checkpoints/" + name + "/training_state.json");
  }
  expect_failure(resume(run), 4, "no checkpoint to go on from");
}

TEST_F(SurvivalIntegrationTest, AChangedWorldIsRefusedWithTheDifference) {
  const std::string run = stopped_after("moved", "epoch-0002");
  json config = read_json_file(run + "/config.json");
  config["model"]["architecture"] = "efficientnet_lite1";
  config["batch_size"] = 7;
  write_json_file(run + "/config.json", config);
  const auto changed = resume(run);
  expect_failure(changed, 4, "batch_size: 6 then, 7 now");
  EXPECT_THAT(changed.err, HasSubstr("\"efficientnet_lite0\" then, \"efficientnet_lite1\" now"));
  fs::copy_file(at("reference") + "/config.json", run + "/config.json",
                fs::copy_options::overwrite_existing);

  const auto resume_on = [&](const std::string& data, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"train", "--resume", run, "--data", data};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return testing_support::run_xrayclf(arguments);
  };
  make_data("larger", {"--image_size", "96"});
  expect_failure(resume_on(at("larger")), 4, "image_size: 64 then, 96 now");
  make_data("other-split", {"--seed", "5"});
  expect_failure(resume_on(at("other-split")), 4, "sha256");
  fs::copy(at("data"), at("same-data"), fs::copy_options::recursive);
  ASSERT_EQ(resume_on(at("same-data")).exit_code, 0);
  EXPECT_EQ(outcome(run), expected_);

  const std::string other = stopped_after("moved-on-purpose", "epoch-0002");
  const auto allowed = testing_support::run_xrayclf(
      {"train", "--resume", other, "--data", at("other-split"), "--allow_changed_data"});
  EXPECT_EQ(allowed.exit_code, 0) << allowed.err;
  EXPECT_THAT(allowed.err, HasSubstr("has changed since"));
  expect_failure(testing_support::run_xrayclf({"train", "--resume", other, "--epochs", "9"}), 2,
                 "--resume goes on by the run's own configuration");
}

TEST_F(SurvivalIntegrationTest, ALossThatIsNotFiniteLeavesTheBestAsItWasAndNamesTheImages) {
  const json history = read_json_file(at("reference") + "/history.json");
  std::size_t best = 0;
  for (std::size_t i = 1; i < 3; ++i) {
    if (history[i]["val_auroc"] > history[best]["val_auroc"]) best = i;
  }
  json config = two_phases();
  config["phases"][1]["optimizer"]["learning_rate"] = 1e30;
  config["phases"][1]["schedule"] = {{"kind", "constant"}};
  for (const int every_steps : {0, 1}) {
    config["save"]["every_steps"] = every_steps;
    const std::string run = at("explodes-" + std::to_string(every_steps));
    const auto result = train(config, run);
    expect_failure(result, 6, "not finite");
    if (every_steps == 0) {
      EXPECT_THAT(result.err, HasSubstr("The batch: images/"));
    }
    const fs::path kept = checkpoint(run, "best");
    EXPECT_EQ(kept.filename(), "epoch-000" + std::to_string(best + 1));
    EXPECT_EQ(
        sha256_file(kept / "model.safetensors"),
        sha256_file(at("reference") / ("checkpoints" / kept.filename()) / "model.safetensors"));
    for (const std::string& name : saved(run)) {
      const auto predicted =
          testing_support::run_xrayclf({"predict", "--checkpoint", run + "/checkpoints/" + name,
                                        "--prepared", at("data") + "/images"});
      EXPECT_EQ(predicted.exit_code, 0) << name << ": " << predicted.err;
    }
  }
}

TEST_F(SurvivalIntegrationTest, ARunStoppedBeforeItsFirstSaveBeginsAnew) {
  const std::string run = at("unborn");
  fs::create_directories(run);
  fs::copy_file(at("reference") + "/config.json", run + "/config.json");
  const auto result = resume(run);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("begins anew"));
  EXPECT_EQ(outcome(run), expected_);
}

}  // namespace
}  // namespace xrayclf
