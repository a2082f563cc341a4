#include "xrayclf/training/checkpoint_keeper.hpp"

#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"
#include "support/tiny_network.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/model/weights.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class CheckpointKeeperTest : public ::testing::Test {
 protected:
  CheckpointKeeperTest() : network_(testing::tiny_network()) {
    testing::calibrate(*network_);
    network_->eval();
    info_.network = network_->config();
    info_.classes = {"a", "b", "c"};
  }

  CheckpointKeeper keeper(std::int64_t keep) {
    return {run_, *network_, info_, testing::tiny_image(), keep};
  }

  /// The state after `epochs` epochs and `batches` of the next.
  static TrainingState state(std::int64_t epochs, std::int64_t batches = 0, std::int64_t best = 1) {
    TrainingState state;
    state.epoch = epochs + 1;
    state.batches = batches;
    state.best_epoch = std::min(best, epochs);
    state.history.resize(static_cast<std::size_t>(epochs));
    return state;
  }

  std::set<std::string> names() const {
    std::set<std::string> names;
    for (const fs::path& path : run_.saved_checkpoints()) names.insert(path.filename());
    return names;
  }

  testing_support::TemporaryDirectory directory_;
  RunDirectory run_ = RunDirectory::create(directory_ / "run");
  std::shared_ptr<Network> network_;
  CheckpointInfo info_;
};

TEST_F(CheckpointKeeperTest, KeepsTheLastTheBestAndWhatKeptStatesNeed) {
  auto keeper = this->keeper(2);
  for (std::int64_t epochs = 0; epochs <= 4; ++epochs) {
    TrainingState now = state(epochs);
    if (epochs >= 3) now.kept_epoch = 2;
    keeper.save_start(now);
  }
  EXPECT_EQ(names(),
            (std::set<std::string>{"epoch-0001", "epoch-0002", "epoch-0003", "epoch-0004"}));
  keeper.save_start(state(4, 3));
  EXPECT_EQ(names(), (std::set<std::string>{"epoch-0001", "epoch-0002", "epoch-0004",
                                            "epoch-0004-batch-000003"}))
      << "epoch 4's state still needs epoch 2";
  keeper.save_start(state(4, 6));
  EXPECT_EQ(names(), (std::set<std::string>{"epoch-0001", "epoch-0004-batch-000003",
                                            "epoch-0004-batch-000006"}));
  EXPECT_EQ(read_file(run_.best()), "epoch-0001\n");
  EXPECT_EQ(read_file(run_.last()), "epoch-0004-batch-000006\n");
}

TEST_F(CheckpointKeeperTest, EveryKindOfDamageIsFound) {
  keeper(2).save_start(state(0));
  const fs::path whole = run_.checkpoint(0);
  read_checkpoint_info(whole);
  for (const auto& entry : fs::directory_iterator(whole)) {
    const fs::path file = entry.path();
    const std::string content = read_file(file);
    const auto expect_found = [&](const std::string& what) {
      EXPECT_THROW(read_checkpoint_info(whole), ModelError) << file << ": " << what;
    };
    const std::size_t size = content.size();
    for (const std::size_t at : {std::size_t{0}, size / 3, size / 2, size - 1}) {
      std::string damaged = content;
      damaged[at] = static_cast<char>(damaged[at] ^ 1);
      write_file(file, damaged);
      expect_found("a bit of byte " + std::to_string(at));
    }
    for (const std::size_t length : {std::size_t{0}, std::size_t{1}, std::size_t{8}, size - 1}) {
      write_file(file, content.substr(0, length));
      expect_found("cut to " + std::to_string(length));
    }
    fs::remove(file);
    expect_found("deleted");
    write_file(file, content);
  }
  read_checkpoint_info(whole);
}

TEST_F(CheckpointKeeperTest, TheStateBeforeADamagedOneIsTakenAndTheDamagedOneGoes) {
  auto keeper = this->keeper(2);
  keeper.save_start(state(0));
  keeper.save_start(state(1));
  keeper.save_start(state(2, 0, 2));
  EXPECT_EQ(last_saved(run_, torch::kCPU).directory, run_.checkpoint(2));
  EXPECT_EQ(last_good_checkpoint(run_), run_.checkpoint(2).string());
  fs::remove(run_.checkpoint(2) / "model.safetensors");
  const SavedRun saved = last_saved(run_, torch::kCPU);
  EXPECT_EQ(saved.directory, run_.checkpoint(1));
  EXPECT_EQ(last_good_checkpoint(run_), run_.checkpoint(1).string());
  EXPECT_EQ(read_file(run_.best()), "epoch-0002\n");
  keeper.resume(saved.directory, saved.state);
  EXPECT_EQ(read_file(run_.best()), "epoch-0001\n");
  EXPECT_EQ(read_file(run_.last()), "epoch-0001\n");
  keeper.save_start(state(1, 5));
  EXPECT_EQ(names(), (std::set<std::string>{"epoch-0001", "epoch-0001-batch-000005"}));
  for (const fs::path& path : run_.saved_checkpoints()) fs::remove(path / "MANIFEST.json");
  try {
    last_saved(run_, torch::kCPU);
    FAIL();
  } catch (const ModelError& e) {
    EXPECT_THAT(e.what(), HasSubstr("no checkpoint to go on from"));
    EXPECT_THAT(e.what(), HasSubstr("MANIFEST.json"));
  }
  EXPECT_EQ(last_good_checkpoint(run_), "none");
}

TEST_F(CheckpointKeeperTest, WhatIsNotFiniteIsNeverSaved) {
  auto keeper = this->keeper(2);
  keeper.save_start(state(1));
  const torch::NoGradGuard no_grad;
  network_->parameters().back().fill_(std::numeric_limits<float>::quiet_NaN());
  EXPECT_THROW(keeper.save_start(state(2, 0, 2)), NumericError);
  EXPECT_EQ(names(), std::set<std::string>{"epoch-0001"});
  EXPECT_EQ(read_file(run_.best()), "epoch-0001\n");
  // Finite weights whose answer is not would make a checkpoint that nobody can load.
  network_->parameters().back().fill_(std::numeric_limits<float>::max());
  for (auto& parameter : network_->head().parameters()) {
    if (parameter.dim() > 1) parameter.fill_(1e30F);
  }
  EXPECT_THROW(keeper.save_start(state(2, 0, 2)), NumericError);
  EXPECT_EQ(names(), std::set<std::string>{"epoch-0001"});
}

}  // namespace
}  // namespace xrayclf
