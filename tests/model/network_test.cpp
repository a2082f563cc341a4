#include "xrayclf/model/network.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "support/tiny_network.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/model/blocks.hpp"
#include "xrayclf/model/cost.hpp"
#include "xrayclf/model/device.hpp"
#include "xrayclf/model/precision.hpp"
#include "xrayclf/model/weights.hpp"

namespace xrayclf {
namespace {

using ::testing::HasSubstr;

NetworkConfig config_of(const std::string& architecture, HeadKind head, int64_t classes = 3) {
  NetworkConfig config;
  config.architecture = architecture;
  config.head = head;
  config.num_classes = classes;
  return config;
}

// 18,734,171 is what Keras counts for the study's network, less the 7 of its Normalization layer.
TEST(NetworkTest, StudyNetworkHasTheCountsOfKeras) {
  const auto network = make_network(config_of("efficientnet_b4", HeadKind::study));
  EXPECT_EQ(parameter_count(*network) + statistics_count(*network), 18'734'171);
  EXPECT_EQ(parameter_count(network->head()), 1'055'235);
  EXPECT_EQ(statistics_count(network->head()), 5'120);
  EXPECT_EQ(parameter_count(network->backbone()), 17'548'616);
  EXPECT_EQ(network->feature_channels(), 1792);
}

// Parameters with a linear layer for 1000 classes: torchvision's and timm's published counts.
TEST(NetworkTest, EveryArchitectureHasItsPublishedCount) {
  const std::map<std::string, int64_t> published = {
      {"efficientnet_b0", 5'288'548},
      {"efficientnet_b1", 7'794'184},
      {"efficientnet_b2", 9'109'994},
      {"efficientnet_b3", 12'233'232},
      {"efficientnet_b4", 19'341'616},
      {"efficientnet_b5", 30'389'784},
      {"efficientnet_b6", 43'040'704},
      {"efficientnet_b7", 66'347'960},
      {"efficientnet_lite0", 4'652'008},
      {"efficientnet_lite1", 5'416'680},
      {"efficientnet_lite2", 6'092'072},
      {"efficientnet_lite3", 8'197'096},
      {"efficientnet_lite4", 13'006'568},
      {"resnet50", 25'557'032},
      {"vgg16", 138'357'544},
      {"inception_v3", 23'834'568},
      {"densenet121", 7'978'856},
  };
  for (const auto& [name, count] : published) {
    EXPECT_EQ(parameter_count(*make_network(config_of(name, HeadKind::linear, 1000))), count)
        << name;
  }
}

TEST(NetworkTest, UnitsAreAChainNamedByTheirParameters) {
  const auto network = make_network(config_of("efficientnet_b4", HeadKind::linear));
  ASSERT_EQ(network->unit_count(), 34);  // stem, 32 blocks, last convolution
  EXPECT_EQ(network->unit_name(0), "features.0");
  EXPECT_EQ(network->unit_name(1), "features.1.0");
  EXPECT_EQ(network->unit_name(32), "features.7.1");
  EXPECT_EQ(network->unit_name(33), "features.8");
  std::size_t parameters = 0;
  const auto state = state_of(*network);
  for (int64_t i = 0; i < network->unit_count(); ++i) {
    for (const auto& module : network->unit(i).modules) {
      for (const auto& parameter : module->named_parameters()) {
        ++parameters;
        EXPECT_EQ(state.at(network->unit_name(i) + "." + parameter.key()).data_ptr(),
                  parameter.value().data_ptr());
      }
    }
  }
  EXPECT_EQ(parameters, network->backbone().parameters().size());
}

TEST(NetworkTest, RunningTheChainInPiecesEqualsRunningItWhole) {
  const torch::InferenceMode inference;
  const auto network = testing::tiny_network();
  network->eval();
  const torch::Tensor x = to_input({testing::tiny_image(0), testing::tiny_image(1)}, {});
  const int64_t cut = 7;
  torch::Tensor map = network->forward_units(x, 0, cut);
  map = network->forward_units(map, cut, network->unit_count());
  EXPECT_TRUE(torch::equal(network->classify(network->pool(map)), network->forward(x)));
}

constexpr const char* kOtherBackbones[] = {"resnet50", "vgg16", "inception_v3", "densenet121"};

TEST(NetworkTest, EveryBackboneIsAChainOfUnitsThatHoldItsParameters) {
  for (const char* name : kOtherBackbones) {
    for (const Flavour flavour : {Flavour::torchvision, Flavour::tf}) {
      SCOPED_TRACE(std::string(name) + " " + std::string(name_of(flavour)));
      NetworkConfig config = config_of(name, HeadKind::study);
      config.flavour = flavour;
      const auto network = make_network(config);
      std::vector<std::string> names;
      for (int64_t i = 0; i < network->unit_count(); ++i) {
        for (const auto& item : network->unit(i).modules.at(0)->named_parameters()) {
          names.push_back(network->unit_name(i) + "." + item.key());
        }
      }
      std::vector<std::string> state;
      for (const auto& item : network->backbone().named_parameters()) state.push_back(item.key());
      EXPECT_EQ(names, state) << "in the order of computation";

      const torch::InferenceMode inference;
      network->eval();
      const torch::Tensor x = to_input({testing::tiny_image(0, 75)}, {});
      const torch::Tensor before = x.clone();
      const torch::Tensor whole = network->forward(x);
      EXPECT_TRUE(torch::equal(x, before)) << "works on its input";
      torch::Tensor map = x;
      for (int64_t i = 0; i < network->unit_count(); ++i) {
        const torch::Tensor input = map.clone();
        const torch::Tensor next = network->forward_units(map, i, i + 1);
        EXPECT_TRUE(torch::equal(map, input)) << network->unit_name(i) << " works on its input";
        map = next;
      }
      EXPECT_EQ(map.size(1), network->feature_channels());
      EXPECT_TRUE(torch::equal(network->classify(network->pool(map)), whole));
    }
  }
}

// VGG16 pools to 7 x 7 before its own three layers, and to the mean before the study's head.
TEST(NetworkTest, VggsOwnClassifierTakesAMapAndTheStudysHeadItsMean) {
  const torch::InferenceMode inference;
  const auto study = make_network(config_of("vgg16", HeadKind::study));
  const torch::Tensor map = torch::rand({1, 512, 3, 3});
  EXPECT_TRUE(torch::equal(study->pool(map), map.mean({2, 3})));
  EXPECT_EQ(study->feature_channels(), 512);
  const auto own = study->backbone().pool(map);
  EXPECT_TRUE(torch::equal(own, torch::adaptive_avg_pool2d(map, {7, 7}).flatten(1)));
}

TEST(NetworkTest, AClassifierOfOneLayerHasItsDropoutInTrainingOnly) {
  NetworkConfig config = config_of("inception_v3", HeadKind::linear);
  const auto network = make_network(config);
  EXPECT_EQ(network->head_name(), "fc");
  const torch::Tensor features = torch::ones({1, 2048});
  network->train();
  const torch::NoGradGuard no_grad;
  const torch::Tensor a = network->classify(features);
  EXPECT_FALSE(torch::equal(a, network->classify(features)));
  network->eval();
  EXPECT_TRUE(torch::equal(network->classify(features), network->classify(features)));
}

TEST(NetworkTest, TheSameSeedDrawsTheSameWeights) {
  const auto a = state_of(*testing::tiny_network(3, HeadKind::study, 5));
  const auto b = state_of(*testing::tiny_network(3, HeadKind::study, 5));
  const auto c = state_of(*testing::tiny_network(3, HeadKind::study, 6));
  for (const auto& [name, value] : a) EXPECT_TRUE(torch::equal(value, b.at(name))) << name;
  EXPECT_FALSE(torch::equal(a.at("features.0.0.weight"), c.at("features.0.0.weight")));
}

// Kaiming normal with fan_out: 1 / (fan_out / 2); Glorot uniform: 6 / (in + out) bounds it.
TEST(NetworkTest, FirstWeightsAreDrawnAsTheReferencesDrawThem) {
  torch::manual_seed(1);
  const auto state = state_of(*make_network(config_of("efficientnet_b4", HeadKind::study)));
  const torch::Tensor conv = state.at("features.8.0.weight");
  EXPECT_NEAR(conv.std().item<double>(), std::sqrt(2.0 / 1792), 1e-3 * std::sqrt(2.0 / 1792) * 5);
  const torch::Tensor depthwise = state.at("features.7.1.block.1.0.weight");
  EXPECT_NEAR(depthwise.std().item<double>(), std::sqrt(2.0 / (2688 * 9)), 2e-4);
  const torch::Tensor dense = state.at("head.2.weight");
  const double bound = std::sqrt(6.0 / (1792 + 512));
  EXPECT_LE(dense.abs().max().item<double>(), bound);
  EXPECT_GT(dense.abs().max().item<double>(), 0.999 * bound);
  EXPECT_EQ(state.at("head.2.bias").abs().max().item<double>(), 0.0);
}

TEST(NetworkTest, HeadHasTheStudysDropoutAndNormalisation) {
  const auto network = testing::tiny_network();
  std::vector<double> rates;
  for (const auto& module : network->head().modules()) {
    if (auto* dropout = module->as<torch::nn::Dropout>()) rates.push_back(dropout->options.p());
    if (auto* norm = module->as<torch::nn::BatchNorm1d>()) {
      EXPECT_EQ(norm->options.eps(), 1e-3);
      EXPECT_EQ(norm->options.momentum(), 0.01);
    }
  }
  EXPECT_EQ(rates, (std::vector<double>{0.5, 0.3, 0.2}));
}

TEST(NetworkTest, RefusesWhatCannotBeBuilt) {
  const auto message = [](const NetworkConfig& config) {
    try {
      make_network(config);
    } catch (const ConfigError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_THAT(message(config_of("efficientnet_b9", HeadKind::linear)),
              HasSubstr("did you mean 'efficientnet_b0'?"));
  EXPECT_THAT(message(config_of("efficientnet_b0", HeadKind::linear, 0)), HasSubstr("num_classes"));
  NetworkConfig config = config_of("efficientnet_b0", HeadKind::study);
  config.dropout = {0.5};
  EXPECT_THAT(message(config), HasSubstr("3 rates"));
  config.dropout = {0.5, 0.3, 1.0};
  EXPECT_THAT(message(config), HasSubstr("in [0, 1)"));
}

TEST(NetworkTest, ConfigurationSurvivesJson) {
  NetworkConfig config = testing::tiny_config(5, HeadKind::linear);
  config.dropout = {0.25};
  config.stochastic_depth = 0.1;
  EXPECT_EQ(read_json<NetworkConfig>(write_json(config)), config);
}

TEST(NetworkTest, RunsInBfloat16WithNearlyTheSameResult) {
  const torch::NoGradGuard no_grad;
  const auto network = testing::tiny_network();
  network->eval();
  const torch::Tensor x = to_input({testing::tiny_image(0)}, {});
  const torch::Tensor exact = network->forward(x);
  torch::Tensor rough;
  {
    const PrecisionScope scope(Precision::bfloat16, torch::kCPU);
    rough = network->forward(x);
  }
  EXPECT_EQ(rough.scalar_type(), torch::kBFloat16);
  EXPECT_LT((rough.to(torch::kFloat32) - exact).abs().max().item<double>(), 0.05);
  EXPECT_EQ(network->forward(x).scalar_type(), torch::kFloat32);
}

TEST(StochasticDepthTest, IsIdentityInEvaluationAndDropsWholeImagesInTraining) {
  StochasticDepth layer(0.5);
  const torch::Tensor x = torch::ones({400, 2, 3, 3});
  layer.eval();
  EXPECT_TRUE(torch::equal(layer.forward(x), x));
  layer.train();
  torch::manual_seed(3);
  const torch::Tensor y = layer.forward(x).flatten(1);
  EXPECT_TRUE(torch::equal(y, y.slice(1, 0, 1).expand_as(y)));
  EXPECT_TRUE((y.eq(0) | y.eq(2)).all().item<bool>());
  EXPECT_NEAR(y.mean().item<double>(), 1.0, 0.15);
}

TEST(StochasticDepthTest, RateGrowsLinearlyWithDepth) {
  const auto network = make_network(config_of("efficientnet_b0", HeadKind::linear));
  std::vector<double> rates;
  for (const auto& module : network->modules()) {
    if (auto* layer = module->as<StochasticDepth>()) rates.push_back(layer->rate);
  }
  ASSERT_EQ(rates.size(), 16U);
  for (std::size_t i = 0; i < rates.size(); ++i) {
    EXPECT_DOUBLE_EQ(rates[i], 0.2 * static_cast<double>(i) / 16);
  }
}

// Worked by hand: 224 at stride 2 with kernel 3 needs one row, put behind; 7 with kernel 5 needs 4.
TEST(PadSameTest, PutsTheOddRowBehind) {
  const torch::Tensor even = pad_same(torch::ones({1, 1, 4, 4}), 3, 2);
  EXPECT_EQ(even.sizes(), (std::vector<int64_t>{1, 1, 5, 5}));
  EXPECT_EQ(even[0][0][0][0].item<float>(), 1.0F);
  EXPECT_EQ(even[0][0][4][4].item<float>(), 0.0F);
  const torch::Tensor odd = pad_same(torch::ones({1, 1, 7, 4}), 5, 2);
  EXPECT_EQ(odd.sizes(), (std::vector<int64_t>{1, 1, 11, 7}));
  EXPECT_EQ(odd[0][0][1][1].item<float>(), 0.0F);
  EXPECT_EQ(odd[0][0][2][1].item<float>(), 1.0F);
}

TEST(NetworkCudaTest, LogitsEqualTheCpus) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "no CUDA device";
  const torch::InferenceMode inference;
  const auto network = testing::tiny_network();
  network->eval();
  const torch::Tensor x = to_input({testing::tiny_image(0), testing::tiny_image(1)}, {});
  const torch::Tensor cpu = network->forward(x);
  network->to(torch::kCUDA);
  const torch::Tensor cuda = network->forward(x.to(torch::kCUDA)).cpu();
  EXPECT_LT((cuda - cpu).abs().max().item<double>(),
            1e-3 * std::max(1.0, cpu.abs().max().item<double>()));
}

}  // namespace
}  // namespace xrayclf
