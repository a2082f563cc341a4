#include "xrayclf/model/checkpoint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "support/temporary_directory.hpp"
#include "support/tiny_network.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/sha256.hpp"
#include "xrayclf/model/blocks.hpp"
#include "xrayclf/model/weights.hpp"

namespace xrayclf {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

const char* const kFiles[] = {"model.safetensors", "checkpoint.json", "golden_sample.png",
                              "MANIFEST.json", "optimizer.bin"};

CheckpointInfo tiny_info(const Network& network) {
  CheckpointInfo info;
  info.network = network.config();
  info.classes = {"COVID-19", "NORMAL", "PNEUMONIA"};
  info.preprocessing = {{"image_size", 32}, {"clahe", {{"enabled", true}}}};
  info.preprocessing_fingerprint = "abc";
  info.training = {{"epoch", 3}};
  return info;
}

class CheckpointTest : public ::testing::Test {
 protected:
  CheckpointTest() {
    // Written once, because that waits for the disk; each test gets a copy.
    static const testing_support::TemporaryDirectory original;
    if (!fs::exists(original / "c")) {
      write_checkpoint(original / "c", *network_, tiny_info(*network_), testing::tiny_image(),
                       {{"optimizer.bin", "moments"}});
    }
    fs::copy(original / "c", path_, fs::copy_options::recursive);
  }

  /// What load_checkpoint() says; "" if it loads.
  std::string refusal() const {
    try {
      load_checkpoint(path_);
    } catch (const ModelError& error) {
      return error.what();
    }
    return "";
  }
  /// Changes a JSON file of the checkpoint and makes the manifest fit again.
  void forge(const std::string& file, const std::function<void(json&)>& change) const {
    json value = json::parse(read_file(path_ / file));
    change(value);
    write_file(path_ / file, value.dump(2) + "\n");
    if (file != "MANIFEST.json") seal(file);
  }
  void seal(const std::string& file) const {
    forge("MANIFEST.json", [&](json& manifest) {
      manifest["files"][file] = {{"bytes", fs::file_size(path_ / file)},
                                 {"sha256", sha256_file(path_ / file)}};
    });
  }

  const testing_support::TemporaryDirectory directory_;
  const fs::path path_ = directory_ / "epoch-3";
  const std::shared_ptr<Network> network_ = testing::tiny_network();
};

TEST_F(CheckpointTest, ComesBackAsItWas) {
  const LoadedCheckpoint loaded = load_checkpoint(path_);
  EXPECT_FALSE(loaded.network->is_training());
  EXPECT_EQ(loaded.info.network, network_->config());
  EXPECT_EQ(loaded.info.classes, tiny_info(*network_).classes);
  EXPECT_EQ(loaded.info.preprocessing, tiny_info(*network_).preprocessing);
  EXPECT_EQ(loaded.info.preprocessing_fingerprint, "abc");
  EXPECT_EQ(loaded.info.training["epoch"], 3);
  EXPECT_TRUE(loaded.info.versions.contains("xrayclf"));
  const auto want = state_of(*network_);
  for (const auto& [name, value] : state_of(*loaded.network)) {
    EXPECT_TRUE(torch::equal(value, want.at(name))) << name;
  }
  EXPECT_EQ(read_file(path_ / "optimizer.bin"), "moments");
  EXPECT_EQ(std::distance(fs::directory_iterator(directory_.path()), {}), 1);
}

TEST_F(CheckpointTest, WritingLeavesTheNetworkInItsMode) {
  network_->train();
  const auto& frozen = network_->unit(3).modules.front();
  frozen->eval();
  write_checkpoint(path_, *network_, tiny_info(*network_), testing::tiny_image());
  EXPECT_TRUE(network_->is_training());
  EXPECT_TRUE(network_->head().is_training());
  EXPECT_FALSE(frozen->is_training());
  for (const auto& module : frozen->modules()) EXPECT_FALSE(module->is_training());
}

TEST_F(CheckpointTest, ACalibrationIsAmendedAndEverythingElseStays) {
  EXPECT_FALSE(json::parse(read_file(path_ / "checkpoint.json")).contains("calibration"));
  EXPECT_TRUE(read_checkpoint_info(path_).calibration.empty());
  const std::string weights = sha256_file(path_ / "model.safetensors");
  amend_calibration(path_, {{"temperature", {{"value", 1.5}}}});
  amend_calibration(path_, {{"conformal", {{"level", 0.9}}}});
  const LoadedCheckpoint loaded = load_checkpoint(path_);
  EXPECT_EQ(loaded.info.calibration["temperature"]["value"], 1.5);
  EXPECT_EQ(loaded.info.calibration["conformal"]["level"], 0.9);
  EXPECT_EQ(loaded.info.training["epoch"], 3);
  EXPECT_EQ(sha256_file(path_ / "model.safetensors"), weights);
  EXPECT_EQ(read_file(path_ / "optimizer.bin"), "moments");
  EXPECT_EQ(std::distance(fs::directory_iterator(directory_.path()), {}), 1);
  amend_calibration(path_, {{"temperature", nullptr}, {"conformal", nullptr}});
  EXPECT_FALSE(json::parse(read_file(path_ / "checkpoint.json")).contains("calibration"));
  EXPECT_EQ(refusal(), "");
}

TEST_F(CheckpointTest, ACalibrationIsCoveredByTheManifestAndADamagedCheckpointIsNotAmended) {
  amend_calibration(path_, {{"temperature", {{"value", 1.5}}}});
  json info = json::parse(read_file(path_ / "checkpoint.json"));
  info["calibration"]["temperature"]["value"] = 2.5;
  write_file(path_ / "checkpoint.json", info.dump(2) + "\n");
  EXPECT_THAT(refusal(), HasSubstr("SHA-256 is not the manifest's"));
  EXPECT_THROW(amend_calibration(path_, {{"temperature", nullptr}}), ModelError);
  EXPECT_EQ(std::distance(fs::directory_iterator(directory_.path()), {}), 1);
  seal("checkpoint.json");
  EXPECT_EQ(refusal(), "");
  forge("checkpoint.json", [](json& value) { value["calibration"] = 3; });
  EXPECT_THAT(refusal(), HasSubstr("calibration is not an object"));
}

TEST_F(CheckpointTest, AWrittenCalibrationComesBack) {
  CheckpointInfo info = tiny_info(*network_);
  info.calibration = {{"temperature", {{"value", 0.8}}}};
  write_checkpoint(path_, *network_, info, testing::tiny_image());
  EXPECT_EQ(read_checkpoint_info(path_).calibration, info.calibration);
}

TEST_F(CheckpointTest, LoadingDoesNotDisturbTheRandomSequence) {
  torch::manual_seed(4);
  const torch::Tensor expected = torch::rand({3});
  torch::manual_seed(4);
  load_checkpoint(path_);
  EXPECT_TRUE(torch::equal(torch::rand({3}), expected));
}

TEST_F(CheckpointTest, ReplacesAnOlderOneOfTheSameName) {
  CheckpointInfo info = tiny_info(*network_);
  info.training = {{"epoch", 4}};
  write_checkpoint(path_, *network_, info, testing::tiny_image());
  EXPECT_EQ(read_checkpoint_info(path_).training["epoch"], 4);
  EXPECT_FALSE(fs::exists(path_ / "optimizer.bin"));
  EXPECT_EQ(std::distance(fs::directory_iterator(directory_.path()), {}), 1);
}

TEST_F(CheckpointTest, AFailedWriteLeavesTheOldOneAndNoRemains) {
  {
    const torch::NoGradGuard no_grad;
    state_of(*network_).at("head.10.bias")[0] = std::numeric_limits<float>::infinity();
  }
  EXPECT_THROW(write_checkpoint(path_, *network_, tiny_info(*network_), testing::tiny_image()),
               NumericError);
  EXPECT_EQ(refusal(), "");
  EXPECT_EQ(std::distance(fs::directory_iterator(directory_.path()), {}), 1);
}

TEST_F(CheckpointTest, RefusesEveryFlippedByte) {
  for (const char* file : kFiles) {
    const std::string good = read_file(path_ / file);
    const std::size_t step = std::max<std::size_t>(1, good.size() / 8);
    for (std::size_t at = 0; at < good.size(); at += step) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ 0x01);
      write_file(path_ / file, bad, Durability::killed_process);
      EXPECT_THAT(refusal(), HasSubstr(path_.string())) << file << " byte " << at;
    }
    write_file(path_ / file, good, Durability::killed_process);
  }
  EXPECT_EQ(refusal(), "");
}

TEST_F(CheckpointTest, RefusesEveryTruncatedLongerOrMissingFile) {
  for (const char* file : kFiles) {
    const std::string good = read_file(path_ / file);
    for (const std::string& bad : {std::string(), good.substr(0, good.size() / 2),
                                   good.substr(0, good.size() - 1), good + "\n"}) {
      write_file(path_ / file, bad, Durability::killed_process);
      EXPECT_THAT(refusal(), HasSubstr(file)) << bad.size();
    }
    fs::remove(path_ / file);
    EXPECT_THAT(refusal(), HasSubstr(std::string(file) + ": missing"));
    fs::create_directory(path_ / file);
    EXPECT_THAT(refusal(), HasSubstr(std::string(file) + ": not a regular file"));
    fs::remove(path_ / file);
    write_file(path_ / file, good, Durability::killed_process);
  }
  EXPECT_EQ(refusal(), "");
}

TEST_F(CheckpointTest, RefusesAnotherVersion) {
  forge("MANIFEST.json", [](json& manifest) { manifest["format"] = 2; });
  EXPECT_THAT(refusal(), HasSubstr("checkpoint format 2, this program reads 1"));
}

TEST_F(CheckpointTest, RefusesAnotherClassListEvenUnderAFittingManifest) {
  forge("checkpoint.json", [](json& info) {
    info["classes"] = {"NORMAL", "COVID-19", "PNEUMONIA"};
  });
  EXPECT_THAT(refusal(), HasSubstr("trained for other classes"));
  forge("checkpoint.json", [](json& info) { info["classes"] = {"NORMAL", "COVID-19"}; });
  EXPECT_THAT(refusal(), HasSubstr("2 class names for a network of 3"));
}

TEST_F(CheckpointTest, RefusesAnotherNetworkEvenUnderAFittingManifest) {
  forge("checkpoint.json", [](json& info) { info["network"]["architecture"] = "efficientnet_b0"; });
  EXPECT_THAT(refusal(), HasSubstr("do not fit the network"));
  forge("checkpoint.json", [](json& info) { info["network"]["architecture"] = "efficientnet_x"; });
  EXPECT_THAT(refusal(), HasSubstr("no architecture 'efficientnet_x'"));
  forge("checkpoint.json", [](json& info) { info.erase("network"); });
  EXPECT_THAT(refusal(), HasSubstr("checkpoint.json"));
}

// The weights fit either flavour by name, so only the golden sample can tell them apart.
TEST_F(CheckpointTest, TheGoldenSampleTellsTheWrongFlavour) {
  testing::calibrate(*network_);
  write_checkpoint(path_, *network_, tiny_info(*network_), testing::tiny_image());
  ASSERT_EQ(refusal(), "");
  forge("checkpoint.json", [](json& info) { info["network"]["flavour"] = "torchvision"; });
  EXPECT_THAT(refusal(), HasSubstr("this program computes another function"));
}

TEST_F(CheckpointTest, RefusesAManifestThatPointsOutside) {
  write_file(directory_ / "outside", "x");
  forge("MANIFEST.json", [&](json& manifest) {
    manifest["files"]["../outside"] = {{"bytes", 1}, {"sha256", sha256_hex("x")}};
  });
  EXPECT_THAT(refusal(), HasSubstr("names a file outside"));
}

TEST_F(CheckpointTest, IsFoundByItsRun) {
  const fs::path run = directory_ / "run";
  fs::create_directories(run / "checkpoints");
  EXPECT_THROW(resolve_checkpoint(run), ModelError);
  write_file(run / "checkpoints" / "best", "epoch-3\n");
  EXPECT_EQ(resolve_checkpoint(run), run / "checkpoints" / "epoch-3");
  EXPECT_EQ(resolve_checkpoint(path_), path_);
  write_file(run / "checkpoints" / "best", "../../epoch-3\n");
  EXPECT_THROW(resolve_checkpoint(run), ModelError);
  EXPECT_THROW(resolve_checkpoint(directory_ / "absent"), ModelError);
}

TEST(CheckpointCudaTest, LoadsOntoTheDevice) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "no CUDA device";
  const testing_support::TemporaryDirectory directory;
  const auto network = testing::tiny_network();
  network->to(torch::kCUDA);
  write_checkpoint(directory / "c", *network, tiny_info(*network), testing::tiny_image());
  const LoadedCheckpoint loaded = load_checkpoint(directory / "c", torch::Device(torch::kCUDA, 0));
  EXPECT_TRUE(loaded.network->parameters().front().is_cuda());
}

}  // namespace
}  // namespace xrayclf
