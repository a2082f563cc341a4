#include "xrayclf/training/ema.hpp"

#include <gtest/gtest.h>

#include "support/tiny_network.hpp"
#include "xrayclf/training/opening.hpp"

namespace xrayclf {
namespace {

TEST(EmaTest, IsTheRecursiveMeanWithAShorterMemoryAtFirstAndSwapsBothWays) {
  const auto network = testing::tiny_network(3, HeadKind::linear);
  open_network(*network, {});
  torch::Tensor weight = network->named_parameters()["classifier.1.weight"];
  Ema ema(*network, 0.5);
  const torch::NoGradGuard no_grad;
  const torch::Tensor start = weight.clone();
  torch::Tensor mean = start;
  for (int step = 1; step <= 20; ++step) {
    weight.add_(1);
    ema.update(step);
    const double memory = std::min(0.5, (1.0 + step) / (10.0 + step));
    mean = memory * mean + (1 - memory) * weight;
  }
  EXPECT_EQ(ema.values().size(), 2u) << "only what is trained";
  EXPECT_TRUE(torch::allclose(ema.values().at("classifier.1.weight"), mean, 1e-5, 1e-6));
  ema.swap();
  EXPECT_TRUE(torch::allclose(weight, mean, 1e-5, 1e-6));
  ema.swap();
  EXPECT_TRUE(torch::allclose(weight, start + 20));
}

}  // namespace
}  // namespace xrayclf
