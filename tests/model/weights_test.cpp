#include "xrayclf/model/weights.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "support/temporary_directory.hpp"
#include "support/tiny_network.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/model/safetensors.hpp"

namespace xrayclf {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
namespace fs = std::filesystem;
using State = std::map<std::string, torch::Tensor>;

WeightsRecord lite0_record() {
  WeightsRecord record;
  record.architecture = "efficientnet_lite0";
  record.flavour = Flavour::tf;
  record.input.mean.fill(127.0 / 255.0);
  record.input.std.fill(128.0 / 255.0);
  record.source = "a test";
  return record;
}

/// A copy of the state, to be changed.
State copy_of(Network& network) {
  State copy;
  for (const auto& [name, value] : state_of(network)) copy[name] = value.detach().clone();
  return copy;
}

void write_state(const fs::path& path, const State& state,
                 const std::map<std::string, std::string>& metadata) {
  const std::map<torch::ScalarType, TensorType> types = {{torch::kFloat32, TensorType::f32},
                                                         {torch::kFloat16, TensorType::f16},
                                                         {torch::kBFloat16, TensorType::bf16},
                                                         {torch::kInt64, TensorType::i64}};
  std::vector<TensorData> tensors;
  for (const auto& [name, value] : state) {
    tensors.push_back({name, types.at(value.scalar_type()), value.sizes().vec(), value.data_ptr()});
  }
  write_safetensors(path, tensors, metadata);
}

class WeightsTest : public ::testing::Test {
 protected:
  /// What load_pretrained() says to a file whose state or metadata was changed; "" if it loads.
  std::string refusal(
      const std::function<void(State&)>& change_state,
      const std::function<void(std::map<std::string, std::string>&)>& change_metadata = [](auto&) {
      }) {
    State state = copy_of(*source_);
    change_state(state);
    auto metadata = to_metadata(lite0_record());
    change_metadata(metadata);
    write_state(path_, state, metadata);
    const auto network = testing::tiny_network(3, HeadKind::study, 9);
    const State before = copy_of(*network);
    try {
      load_pretrained(*network, path_);
    } catch (const ModelError& error) {
      for (const auto& [name, value] : state_of(*network)) {
        EXPECT_TRUE(torch::equal(value, before.at(name))) << name;
      }
      EXPECT_THAT(error.what(), HasSubstr(path_.string()));
      return error.what();
    }
    return "";
  }
  static void unchanged(State&) {}

  const testing_support::TemporaryDirectory directory_;
  const fs::path path_ = directory_ / "w.safetensors";
  const std::shared_ptr<Network> source_ = testing::tiny_network(1000, HeadKind::linear, 2);
};

TEST_F(WeightsTest, PretrainedBackboneIsTakenAndItsClassifierDropped) {
  save_state(*source_, path_, to_metadata(lite0_record()));
  const auto network = testing::tiny_network(3, HeadKind::linear, 9);
  const State before = copy_of(*network);
  const PretrainedReport report = load_pretrained(*network, path_);
  EXPECT_EQ(report.dropped, (std::vector<std::string>{"classifier.1.bias", "classifier.1.weight"}));
  const State source = state_of(*source_);
  for (const auto& [name, value] : state_of(*network)) {
    const bool head = name.starts_with("classifier.");
    EXPECT_TRUE(torch::equal(value, (head ? before : source).at(name))) << name;
  }
  EXPECT_EQ(report.loaded, static_cast<int64_t>(state_of(network->backbone()).size()));
}

TEST_F(WeightsTest, RecordSurvivesTheFile) {
  WeightsRecord record = lite0_record();
  record.input_size = 240;
  record.license = "Apache-2.0";
  record.source_sha256 = std::string(64, 'a');
  save_state(*source_, path_, to_metadata(record));
  const WeightsRecord read = read_weights_record(path_);
  EXPECT_EQ(to_metadata(read), to_metadata(record));
  EXPECT_EQ(read.input, record.input);
}

TEST_F(WeightsTest, WholeStateComesBackBitForBit) {
  save_state(*source_, path_, {});
  const auto network = testing::tiny_network(1000, HeadKind::linear, 9);
  load_state(*network, path_);
  const State source = state_of(*source_);
  for (const auto& [name, value] : state_of(*network)) {
    EXPECT_TRUE(torch::equal(value, source.at(name))) << name;
  }
}

TEST_F(WeightsTest, WholeStateNeedsItsHead) {
  save_state(*source_, path_, {});
  const auto network = testing::tiny_network(3, HeadKind::study);
  try {
    load_state(*network, path_);
    FAIL();
  } catch (const ModelError& error) {
    EXPECT_THAT(error.what(),
                AllOf(HasSubstr("missing: head.0.bias"), HasSubstr("more"),
                      HasSubstr("unexpected: classifier.1.bias, classifier.1.weight")));
  }
}

TEST_F(WeightsTest, HalfPrecisionAndAbsentCountersAreAccepted) {
  EXPECT_EQ(refusal([](State& state) {
              for (auto& [name, value] : state) {
                if (value.is_floating_point()) value = value.to(torch::kBFloat16);
              }
              state["features.0.0.weight"] = state["features.0.0.weight"].to(torch::kFloat16);
              std::erase_if(state, [](const auto& entry) {
                return entry.first.ends_with("num_batches_tracked");
              });
            }),
            "");
}

TEST_F(WeightsTest, RefusesWeightsThatDoNotFit) {
  EXPECT_THAT(refusal([](State& state) { state.erase("features.3.0.block.1.0.weight"); }),
              HasSubstr("missing: features.3.0.block.1.0.weight"));
  EXPECT_THAT(refusal([](State& state) { state["features.9.weight"] = torch::ones({1}); }),
              HasSubstr("unexpected: features.9.weight"));
  EXPECT_THAT(refusal([](State& state) {
                state["features.0.0.weight"] = torch::ones({32, 3, 5, 5});
              }),
              HasSubstr("'features.0.0.weight' has the shape [32, 3, 5, 5], the network needs "
                        "[32, 3, 3, 3]"));
  EXPECT_THAT(
      refusal([](State& state) { state["features.0.1.bias"] = torch::ones({32}, torch::kInt64); }),
      HasSubstr("'features.0.1.bias' is of the wrong type I64"));
}

TEST_F(WeightsTest, RefusesBrokenNumbers) {
  EXPECT_THAT(refusal([](State& state) {
                state["features.8.0.weight"].flatten()[7] = std::numeric_limits<float>::quiet_NaN();
              }),
              HasSubstr("'features.8.0.weight' holds values that are not finite"));
  EXPECT_THAT(refusal([](State& state) {
                state["features.8.0.weight"].flatten()[7] = std::numeric_limits<float>::infinity();
              }),
              HasSubstr("not finite"));
  EXPECT_THAT(refusal([](State& state) { state["features.8.1.running_var"][3] = -1e-3; }),
              HasSubstr("'features.8.1.running_var' holds a negative variance"));
}

TEST_F(WeightsTest, RefusesRecordsThatDoNotFit) {
  const auto with = [&](const std::string& key, const std::string& value) {
    return refusal(unchanged, [&](auto& metadata) { metadata[key] = value; });
  };
  EXPECT_EQ(refusal(unchanged), "");
  EXPECT_THAT(refusal(unchanged, [](auto& metadata) { metadata.erase("flavour"); }),
              HasSubstr("no 'flavour' in its metadata"));
  EXPECT_THAT(with("format", "xrayclf-weights-2"), HasSubstr("must be xrayclf-weights-1"));
  EXPECT_THAT(with("architecture", "efficientnet_b4"),
              HasSubstr("weights of efficientnet_b4 do not fit a network of efficientnet_lite0"));
  EXPECT_THAT(with("flavour", "torchvision"), HasSubstr("flavour torchvision do not fit"));
  EXPECT_THAT(with("flavour", "keras"), HasSubstr("one of torchvision, tf"));
  EXPECT_THAT(with("mean", "0.5,0.5"), HasSubstr("three numbers"));
  EXPECT_THAT(with("std", "0.5,0.5,0.5x"), HasSubstr("three numbers"));
  EXPECT_THAT(with("std", "0.5,0,0.5"), HasSubstr("std must be > 0"));
  EXPECT_THAT(with("input_size", "224.5"), HasSubstr("whole number"));
  EXPECT_THAT(with("input_size", "0"), HasSubstr("in [1, 4096]"));
}

TEST_F(WeightsTest, NothingIsSavedOfANetworkThatIsNotFinite) {
  {
    const torch::NoGradGuard no_grad;
    state_of(*source_).at("classifier.1.bias")[0] = std::numeric_limits<float>::quiet_NaN();
  }
  EXPECT_THROW(save_state(*source_, path_, {}), NumericError);
  EXPECT_FALSE(fs::exists(path_));
}

}  // namespace
}  // namespace xrayclf
