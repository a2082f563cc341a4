#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <opencv2/core.hpp>

#include "support/formula_weights.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/model/input.hpp"
#include "xrayclf/model/network.hpp"
#include "xrayclf/model/weights.hpp"

/// The networks as keras.applications has them (make_keras_backbones.py), and torchxrayvision's
/// (make_chest_densenet.py): records of the converted weights, features, layers.
namespace xrayclf {
namespace {

using nlohmann::json;

cv::Mat golden_image(const json& about) {
  const int side = about.at("side");
  const std::uint64_t base = testing::fnv1a64(about.at("name").get<std::string>());
  cv::Mat image(side, side, CV_8UC1);
  for (int i = 0; i < side * side; ++i) {
    image.at<uchar>(i / side, i % side) =
        static_cast<uchar>(testing::splitmix64(base + static_cast<std::uint64_t>(i)) >> 56);
  }
  return image;
}

std::array<double, 3> triple(const std::string& text) {
  const auto parts = split_text(text, ',');
  return {std::stod(parts.at(0)), std::stod(parts.at(1)), std::stod(parts.at(2))};
}

InputSpec input_of(const json& record) {
  return {triple(record.at("mean")), triple(record.at("std"))};
}

/// (value / 255 - mean) / std in float64, [1, 3, side, side].
torch::Tensor exact_input(const cv::Mat& image, const InputSpec& spec) {
  torch::Tensor grey = torch::empty({image.rows, image.cols}, torch::kUInt8);
  std::copy(image.begin<uchar>(), image.end<uchar>(), grey.data_ptr<uint8_t>());
  std::vector<torch::Tensor> channels;
  for (size_t c = 0; c < 3; ++c) {
    channels.push_back((grey.to(torch::kFloat64) / 255.0 - spec.mean[c]) / spec.std[c]);
  }
  return torch::stack(channels).unsqueeze(0);
}

std::shared_ptr<Network> network_of(const json& record) {
  NetworkConfig config;
  config.architecture = record.at("architecture");
  config.flavour = enum_from_name<Flavour>(record.at("flavour").get<std::string>(), "flavour");
  auto network = make_network(config);
  network->eval();
  return network;
}

void expect_features(Network& network, torch::Tensor x, const json& want, double tolerance) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor features =
      network.forward_units(std::move(x), 0, network.unit_count()).mean({2, 3}).flatten();
  ASSERT_EQ(features.numel(), want.at("count").get<int64_t>());
  const torch::Tensor got = features.to(torch::kFloat64);
  const double norm = want.at("l2");
  EXPECT_NEAR(got.norm().item<double>() / norm, 1.0, tolerance);
  const auto index = want.at("sample_index").get<std::vector<int64_t>>();
  const auto sample = want.at("sample").get<std::vector<double>>();
  double largest = 0.0;
  for (const double value : sample) largest = std::max(largest, std::abs(value));
  for (size_t i = 0; i < index.size(); ++i) {
    EXPECT_NEAR(got[index[i]].item<double>() / largest, sample[i] / largest, tolerance) << index[i];
  }
}

class KerasBackbonesGoldenTest : public ::testing::TestWithParam<std::string> {
 protected:
  const json golden_ = read_json_file(XRAYCLF_TEST_DATA "/golden/keras_backbones.json")
                           .at("networks")
                           .at(GetParam());
  const std::shared_ptr<Network> network_ = network_of(golden_.at("record"));
};

TEST_P(KerasBackbonesGoldenTest, FeaturesEqualKeras) {
  ASSERT_EQ(testing::fill_formula(*network_, golden_, golden_.at("state")),
            golden_.at("weights").at("state_crc32").get<std::uint32_t>());
  const InputSpec spec = input_of(golden_.at("record"));
  const cv::Mat image = golden_image(golden_.at("image"));
  expect_features(*network_, to_input({image}, spec), golden_.at("features"), 5e-5);
  network_->to(torch::kFloat64);
  expect_features(*network_, exact_input(image, spec), golden_.at("features"), 1e-9);
}

TEST_P(KerasBackbonesGoldenTest, BackboneHasTheStateOfKeras) {
  std::set<std::string> names;
  for (const json& entry : golden_.at("state")) names.insert(entry.at(0).get<std::string>());
  for (const auto& [name, value] : state_of(network_->backbone())) {
    if (name.ends_with("num_batches_tracked")) continue;
    EXPECT_TRUE(names.erase(name)) << name;
  }
  EXPECT_TRUE(names.empty()) << *names.begin();
}

// Order, names but the input's, and for each layer the parameters and statistics behind its name.
TEST_P(KerasBackbonesGoldenTest, LayersAreThoseOfKerasInItsOrder) {
  const std::vector<KerasLayer>& layers = network_->backbone().keras_layers();
  ASSERT_EQ(layers.size(), golden_.at("layers").size());
  const auto state = state_of(network_->backbone());
  for (size_t i = 0; i < layers.size(); ++i) {
    const json& want = golden_.at("layers")[i];
    const std::string name = want[0];
    if (i > 0) {
      EXPECT_EQ(layers[i].name, name) << i;  // the input is numbered by the session
    }
    int64_t parameters = 0;
    int64_t statistics = 0;
    for (const auto& [entry, value] : state) {
      if (layers[i].module.empty() || !entry.starts_with(layers[i].module + ".")) continue;
      if (entry.ends_with("num_batches_tracked")) continue;
      (entry.find(".running_") == std::string::npos ? parameters : statistics) += value.numel();
    }
    EXPECT_EQ(parameters, want[1].get<int64_t>()) << name;
    EXPECT_EQ(statistics, want[2].get<int64_t>()) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, KerasBackbonesGoldenTest,
                         ::testing::Values("resnet50", "vgg16", "inception_v3", "densenet121"),
                         [](const auto& test) { return test.param; });

TEST(ChestDenseNetGoldenTest, FeaturesEqualTorchxrayvision) {
  const json golden = read_json_file(XRAYCLF_TEST_DATA "/golden/chest_densenet.json");
  const auto network = network_of(golden.at("record"));
  const json& weights = golden.at("weights");
  const auto state = state_of(*network);
  const testing::GainRules rules =
      weights.at("gain_rules_first_substring_match_wins").get<testing::GainRules>();
  const torch::NoGradGuard no_grad;
  testing::Crc32 crc;
  for (const json& entry : golden.at("state")) {
    const std::string name = entry.at(0);
    torch::Tensor value = torch::empty(torch::IntArrayRef(entry.at(1).get<std::vector<int64_t>>()));
    const bool is_norm = state.count(name.substr(0, name.rfind('.')) + ".running_mean") > 0;
    const auto [low, high] = testing::formula_range(name, value, is_norm, rules);
    value = testing::formula_tensor(weights.at("salt").get<std::string>() + name, value.sizes(),
                                    low, high);
    crc.update(value);
    if (name.starts_with("classifier.")) continue;
    // As convert_weights.py puts one channel into three.
    if (name == "features.conv0.weight")
      state.at(name).zero_().slice(1, 0, 1).copy_(value);
    else
      state.at(name).copy_(value);
  }
  ASSERT_EQ(crc.value(), weights.at("state_crc32").get<std::uint32_t>());
  const InputSpec spec = input_of(golden.at("record"));
  const cv::Mat image = golden_image(golden.at("image"));
  const torch::Tensor x = to_input({image}, spec);
  EXPECT_GE(x.min().item<float>(), -1024.0F);
  EXPECT_LE(x.max().item<float>(), 1024.0F);
  expect_features(*network, x, golden.at("features"), 5e-5);
}

}  // namespace
}  // namespace xrayclf
