#include "xrayclf/inference/engine.hpp"

#include <gtest/gtest.h>
#include <torch/nn/modules/activation.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "inference/fused_engine.hpp"
#include "inference/lowering.hpp"
#include "support/conditioned_network.hpp"
#include "support/tiny_network.hpp"
#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {

using testing::tiny_image;

struct Variant {
  std::string architecture;
  Flavour flavour;
  HeadKind head;
  int side;
};
void PrintTo(const Variant& variant, std::ostream* out) { *out << variant.architecture; }

std::vector<cv::Mat> some_images(int count, int side) {
  std::vector<cv::Mat> images;
  for (int i = 0; i < count; ++i) images.push_back(tiny_image(i, side));
  return images;
}

const InputSpec kInput;  // ImageNet's: another scale for each of the three channels

std::shared_ptr<Network> calibrated(const Variant& variant) {
  torch::manual_seed(7);
  NetworkConfig config;
  config.architecture = variant.architecture;
  config.flavour = variant.flavour;
  config.head = variant.head;
  config.stochastic_depth = 0;
  auto network = make_network(config);
  testing::condition_on(*network, some_images(12, variant.side), kInput);
  return network;
}

std::unique_ptr<Engine> reference(Network& network) {
  return make_engine(network, kInput, {.kind = EngineKind::reference});
}

std::unique_ptr<Engine> fused(Network& network, int threads, Precision precision,
                              CpuLevel level = best_cpu_level()) {
  std::string obstacle;
  const auto plan = lower(network, kInput, obstacle);
  EXPECT_TRUE(plan) << obstacle;
  return make_fused_engine(*plan, precision, threads, level);
}

double largest_difference(const torch::Tensor& a, const torch::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

void expect_near(const torch::Tensor& got, const torch::Tensor& want, double relative) {
  ASSERT_EQ(got.sizes(), want.sizes());
  EXPECT_LE(largest_difference(got, want), relative * want.abs().max().item<double>());
}

class FusedEngineTest : public ::testing::TestWithParam<Variant> {};

/// Odd sizes, so that padding differs between the flavours and tiles have rests.
INSTANTIATE_TEST_SUITE_P(
    Networks, FusedEngineTest,
    ::testing::Values(Variant{"efficientnet_lite0", Flavour::tf, HeadKind::study, 64},
                      Variant{"efficientnet_lite0", Flavour::torchvision, HeadKind::linear, 77},
                      Variant{"efficientnet_b0", Flavour::torchvision, HeadKind::study, 64},
                      Variant{"efficientnet_b0", Flavour::tf, HeadKind::linear, 75},
                      Variant{"efficientnet_b3", Flavour::torchvision, HeadKind::linear, 33}),
    [](const auto& variant) {
      return variant.param.architecture + "_" + std::string(name_of(variant.param.flavour)) + "_" +
             std::to_string(variant.param.side);
    });

TEST_P(FusedEngineTest, LogitsAndFeaturesAreTheReferences) {
  const auto network = calibrated(GetParam());
  const auto images = some_images(3, GetParam().side);
  const auto truth = reference(*network);
  for (const CpuLevel level : cpu_levels()) {
    const auto engine = fused(*network, 2, Precision::float32, level);
    SCOPED_TRACE(engine->description());
    expect_near(engine->features(images), truth->features(images), 1e-4);
    expect_near(engine->logits(images), truth->logits(images), 1e-4);
    EXPECT_LE(
        largest_difference(engine->logits(images).softmax(1), truth->logits(images).softmax(1)),
        1e-4);
  }
}

TEST_P(FusedEngineTest, EveryUnitsOutputIsTheReferences) {
  const auto network = calibrated(GetParam());
  const auto images = some_images(2, GetParam().side);
  const auto truth = reference(*network);
  const auto engine = fused(*network, 1, Precision::float32);
  for (std::int64_t units = 1; units <= network->unit_count(); ++units) {
    SCOPED_TRACE(network->unit_name(units - 1));
    expect_near(engine->map(images, units), truth->map(images, units), 1e-4);
  }
}

TEST_P(FusedEngineTest, AnImagesResultsDoNotDependOnItsCompanyOrTheThreads) {
  const auto network = calibrated(GetParam());
  const auto images = some_images(11, GetParam().side);
  for (const Precision precision : {Precision::float32, Precision::bfloat16}) {
    const torch::Tensor want = fused(*network, 1, precision)->logits(images);
    const torch::Tensor map = fused(*network, 1, precision)->map(images, 4);
    for (const int threads : {2, 3, 7}) {
      const auto engine = fused(*network, threads, precision);
      EXPECT_TRUE(torch::equal(engine->logits(images), want)) << threads;
      EXPECT_TRUE(torch::equal(engine->map(images, 4), map)) << threads;
      for (const std::size_t i : {0U, 5U}) {
        EXPECT_TRUE(
            torch::equal(engine->logits({images[i]})[0], want[static_cast<std::int64_t>(i)]))
            << threads;
      }
    }
  }
}

/// Half the digits cost a random network more than a trained one: as much as they cost LibTorch.
TEST_P(FusedEngineTest, Bfloat16IsAsNearAsLibTorchs) {
  const auto network = calibrated(GetParam());
  const auto images = some_images(6, GetParam().side);
  const torch::Tensor truth = reference(*network)->features(images);
  const auto error_of = [&](Engine& engine) {
    return (engine.features(images) - truth).norm().item<double>() / truth.norm().item<double>();
  };
  const auto theirs = make_engine(
      *network, kInput, {.kind = EngineKind::reference, .precision = Precision::bfloat16});
  const double bound = std::max(0.05, 1.25 * error_of(*theirs));
  for (const CpuLevel level : cpu_levels()) {
    EXPECT_LE(error_of(*fused(*network, 2, Precision::bfloat16, level)), bound) << name_of(level);
  }
}

TEST(EngineTest, SizesMayChangeFromCallToCall) {
  const auto network = calibrated({"efficientnet_lite0", Flavour::tf, HeadKind::linear, 32});
  const auto engine = fused(*network, 2, Precision::float32);
  const torch::Tensor small = engine->logits(some_images(2, 32));
  engine->logits(some_images(3, 80));
  EXPECT_TRUE(torch::equal(engine->logits(some_images(2, 32)), small));
}

/// A crop shares the pixels of its image, whose rows go on.
TEST(EngineTest, TakesImagesWhoseRowsHaveGaps) {
  const auto network = calibrated({"efficientnet_lite0", Flavour::tf, HeadKind::linear, 32});
  const auto engine = fused(*network, 1, Precision::float32);
  const cv::Mat crop = tiny_image(0, 64)(cv::Rect(8, 8, 32, 32));
  EXPECT_TRUE(torch::equal(engine->logits({crop}), engine->logits({crop.clone()})));
}

TEST(EngineTest, AutoIsFusedOnTheCpuAndReferenceWhereAsked) {
  const auto network = calibrated({"efficientnet_lite0", Flavour::tf, HeadKind::linear, 32});
  EXPECT_EQ(make_engine(*network, kInput, {})->description().substr(0, 5), "fused");
  EXPECT_EQ(reference(*network)->description().substr(0, 9), "reference");
}

TEST(EngineTest, FusedRefusesAnotherDevice) {
  const auto network = calibrated({"efficientnet_lite0", Flavour::tf, HeadKind::linear, 32});
  EXPECT_THROW(make_engine(*network, kInput,
                           {.kind = EngineKind::fused, .device = torch::Device(torch::kCUDA, 0)}),
               ConfigError);
}

TEST(EngineTest, ANetworkWithAnotherBlockSaysSoAndRunsTheReference) {
  const auto network = calibrated({"efficientnet_lite0", Flavour::tf, HeadKind::linear, 32});
  auto& first = const_cast<BackboneUnit&>(network->unit(0));
  first.modules = {std::make_shared<torch::nn::ReLUImpl>()};
  std::string obstacle;
  EXPECT_FALSE(lower(*network, kInput, obstacle));
  EXPECT_EQ(obstacle, "features.0, a block without a kernel");
  EXPECT_EQ(make_engine(*network, kInput, {})->description().substr(0, 9), "reference");
  EXPECT_THROW(make_engine(*network, kInput, {.kind = EngineKind::fused}), ConfigError);
  EXPECT_THROW(check_engine(*network, kInput, {.kind = EngineKind::fused}), ConfigError);
  EXPECT_NO_THROW(check_engine(*network, kInput, {}));
}

TEST(EngineTest, NetworksOfOtherFamiliesRunTheReference) {
  NetworkConfig config;
  config.architecture = "densenet121";
  const auto network = make_network(config);
  network->eval();
  EXPECT_EQ(make_engine(*network, kInput, {})->description().substr(0, 9), "reference");
  EXPECT_THROW(make_engine(*network, kInput, {.kind = EngineKind::fused}), ConfigError);
}

TEST(EngineTest, RefusesNoImagesAndImagesOfSeveralSizes) {
  const auto network = calibrated({"efficientnet_lite0", Flavour::tf, HeadKind::linear, 32});
  for (const EngineKind kind : {EngineKind::fused, EngineKind::reference}) {
    const auto engine = make_engine(*network, kInput, {.kind = kind});
    EXPECT_THROW(engine->logits({}), DataError);
    EXPECT_THROW(engine->logits({tiny_image(0, 32), tiny_image(0, 33)}), DataError);
    EXPECT_THROW(engine->logits({cv::Mat(32, 32, CV_8UC3, cv::Scalar(0))}), DataError);
  }
}

}  // namespace
}  // namespace xrayclf
