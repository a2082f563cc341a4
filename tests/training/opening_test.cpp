#include "xrayclf/training/opening.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/tiny_network.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/model/blocks.hpp"
#include "xrayclf/model/cost.hpp"

namespace xrayclf {
namespace {

using ::testing::HasSubstr;

OpenConfig part(OpenPart part) {
  OpenConfig config;
  config.part = part;
  return config;
}

TEST(OpeningTest, KerasCountsFourHundredSeventyFiveLayersOfB4AndNamesTheLastThirty) {
  const auto network = make_network({});
  const auto& layers = network->backbone().keras_layers();
  ASSERT_EQ(layers.size(), 475u);
  EXPECT_EQ(layers[444].name, "block7a_expand_conv");
  EXPECT_EQ(layers[444].module, "features.7.0.block.0.0");
  EXPECT_EQ(layers[445].name, "block7a_expand_bn");
  EXPECT_EQ(layers[452].name, "block7a_se_reduce");
  EXPECT_EQ(layers[470].name, "block7b_drop");
  EXPECT_EQ(layers[474].name, "top_activation");
  const auto drops = std::count_if(layers.begin(), layers.end(), [](const KerasLayer& layer) {
    return layer.name.ends_with("_drop");
  });
  EXPECT_EQ(drops, 25);
  for (const auto& [name, value] : network->named_parameters().pairs()) {
    if (name.rfind("head.", 0) == 0) continue;
    const auto holders = std::count_if(layers.begin(), layers.end(), [&](const KerasLayer& layer) {
      return !layer.module.empty() && name.rfind(layer.module + ".", 0) == 0;
    });
    EXPECT_EQ(holders, 1) << name;
  }
}

struct Opened {
  const char* architecture;
  Flavour flavour;
  int64_t parameters;  ///< of the backbone that the last 30 layers of Keras open
};

// Keras counts 14,450,176, 14,714,688, 5,156,032 and 641,408. torchvision's ResNet has no biases in
// its convolutions, its InceptionV3 has scales in its norms.
TEST(OpeningTest, ThirtyKerasLayersOpenWhatKerasOpens) {
  const Opened cases[] = {
      {"resnet50", Flavour::tf, 14'450'176},
      {"resnet50", Flavour::torchvision, 14'450'176 - 10'752},
      {"vgg16", Flavour::tf, 14'714'688},
      {"vgg16", Flavour::torchvision, 14'714'688},
      {"inception_v3", Flavour::tf, 5'156'032},
      {"inception_v3", Flavour::torchvision, 5'156'032 + 3'264},
      {"densenet121", Flavour::tf, 641'408},
      {"densenet121", Flavour::torchvision, 641'408},
  };
  for (const Opened& expected : cases) {
    NetworkConfig config;
    config.architecture = expected.architecture;
    config.flavour = expected.flavour;
    const auto network = make_network(config);
    const Opening opening = open_network(*network, part(OpenPart::last_keras_layers));
    EXPECT_EQ(opening.trainable - parameter_count(network->head()), expected.parameters)
        << expected.architecture << " " << name_of(expected.flavour);
  }
}

TEST(OpeningTest, MoreLayersThanThereAreOpenEverythingAsKerasDoes) {
  const auto network = testing::tiny_network();
  OpenConfig config = part(OpenPart::last_keras_layers);
  config.last_keras_layers = 10000;
  const Opening opening = open_network(*network, config);
  EXPECT_EQ(opening.cut, 0);
  EXPECT_EQ(opening.trainable, open_network(*network, part(OpenPart::everything)).trainable);
}

TEST(OpeningTest, ModulesAndBlocksOpenFromTheirFirstParameterOn) {
  const auto network = testing::tiny_network();
  OpenConfig config = part(OpenPart::from_module);
  config.from_module = "features.7";
  const Opening by_name = open_network(*network, config);
  EXPECT_EQ(network->unit_name(by_name.cut), "features.7.0");
  const Opening by_count = open_network(*network, part(OpenPart::last_blocks));
  EXPECT_EQ(by_count.cut, by_name.cut) << "two units: features.7.0 and features.8";
  EXPECT_EQ(by_count.trainable, by_name.trainable);
  EXPECT_EQ(open_network(*network, {}).cut, network->unit_count());
  for (const auto& parameter : network->backbone().parameters()) {
    EXPECT_FALSE(parameter.requires_grad());
  }
}

TEST(OpeningTest, AnUnknownModuleIsRefusedWithTheNearestOne) {
  const auto network = testing::tiny_network();
  OpenConfig config = part(OpenPart::from_module);
  config.from_module = "feature.7.0";
  try {
    open_network(*network, config);
    FAIL();
  } catch (const ConfigError& e) {
    EXPECT_THAT(e.what(), HasSubstr("'feature.7.0'"));
    EXPECT_THAT(e.what(), HasSubstr("features.7.0"));
  }
}

TEST(OpeningTest, TrainingModeReachesOpenedPartsOnlyAndDropsWhereItIsTold) {
  const auto network = testing::tiny_network();
  const Opening opening = open_network(*network, part(OpenPart::last_blocks));
  const auto count = [&](auto predicate) {
    const auto modules = network->modules();
    return std::count_if(modules.begin(), modules.end(), predicate);
  };
  const auto norms = [&] {
    return count([](const auto& m) {
      return m->template as<torch::nn::BatchNorm2dImpl>() != nullptr && m->is_training();
    });
  };
  const auto drops = [&] {
    return count([](const auto& m) {
      return m->template as<StochasticDepth>() != nullptr && m->is_training();
    });
  };
  set_training_mode(*network, opening.cut, NormMode::inference, DropConnect::off);
  EXPECT_EQ(norms(), 0);
  EXPECT_EQ(drops(), 0);
  EXPECT_TRUE(network->head().is_training());
  set_training_mode(*network, opening.cut, NormMode::training, DropConnect::opened);
  EXPECT_EQ(norms(), 4) << "three of features.7.0 and one of features.8";
  const auto opened_drops = drops();
  set_training_mode(*network, opening.cut, NormMode::training, DropConnect::strict_keras);
  EXPECT_EQ(norms(), 4) << "frozen norms never train";
  EXPECT_GT(drops(), opened_drops);
}

}  // namespace
}  // namespace xrayclf
