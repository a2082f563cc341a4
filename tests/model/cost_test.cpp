#include "xrayclf/model/cost.hpp"

#include <gtest/gtest.h>

#include <string>

#include "support/tiny_network.hpp"

namespace xrayclf {
namespace {

double multiply_adds_of(const std::string& architecture, int64_t side, int64_t classes = 1000) {
  NetworkConfig config;
  config.architecture = architecture;
  config.head = architecture == "vgg16" ? HeadKind::linear : HeadKind::study;
  config.num_classes = classes;
  return static_cast<double>(multiply_adds(*make_network(config), side));
}

// B4 with three classes counted by hand from its shapes; the others are torchvision's "GFLOPS",
// which leave the activations out, with the study head's 1.2 to 1.7 million on top.
TEST(CostTest, MultiplyAddsAreThePublishedOnes) {
  EXPECT_NEAR(multiply_adds_of("efficientnet_b4", 224, 3), 1.502e9, 0.001e9);
  EXPECT_NEAR(multiply_adds_of("efficientnet_b4", 380, 3), 4.392e9, 0.002e9);
  EXPECT_NEAR(multiply_adds_of("resnet50", 224), 4.089e9, 0.003e9);
  EXPECT_NEAR(multiply_adds_of("densenet121", 224), 2.834e9, 0.003e9);
  EXPECT_NEAR(multiply_adds_of("inception_v3", 299), 5.713e9, 0.003e9);
  EXPECT_NEAR(multiply_adds_of("vgg16", 224), 15.47e9, 0.005e9);
}

TEST(CostTest, CountsOneLayerByItsShape) {
  const auto network = testing::tiny_network(3, HeadKind::linear);
  const int64_t small = multiply_adds(*network, 32);
  EXPECT_FALSE(network->is_training());
  // Twice the side is four times the positions everywhere but in the classifier.
  const int64_t classifier = network->feature_channels() * 3;
  EXPECT_EQ(multiply_adds(*network, 64) - classifier, 4 * (small - classifier));
}

TEST(CostTest, LatencyIsInOrderAndGrowsWithTheBatch) {
  const auto network = testing::tiny_network();
  const Latency one = measure_latency(*network, 32, 1, 5);
  EXPECT_GT(one.fastest_ms, 0.0);
  EXPECT_LE(one.fastest_ms, one.median_ms);
  EXPECT_LE(one.median_ms, one.slowest_ms);
  EXPECT_GT(measure_latency(*network, 64, 16, 3).fastest_ms, one.fastest_ms);
}

}  // namespace
}  // namespace xrayclf
