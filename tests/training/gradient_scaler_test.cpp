#include "xrayclf/training/gradient_scaler.hpp"

#include <limits>
#include <memory>
#include <optional>

#include <gtest/gtest.h>

#include "support/tiny_network.hpp"
#include "xrayclf/training/opening.hpp"

namespace xrayclf {
namespace {

class GradientScalerTest : public ::testing::Test {
 protected:
  GradientScalerTest() : network_(testing::tiny_network(3, HeadKind::linear)) {
    open_network(*network_, {});
    optimizer_.emplace(*network_, OptimizerConfig{});
  }
  void set_gradients(double value) {
    for (const Optimizer::Slot& slot : optimizer_->slots()) {
      torch::Tensor parameter = slot.parameter;
      parameter.mutable_grad() = torch::full_like(parameter.detach(), value);
    }
  }
  std::shared_ptr<Network> network_;
  std::optional<Optimizer> optimizer_;
};

TEST_F(GradientScalerTest, ScalesTheLossAndDividesTheGradientsByTheSame) {
  GradientScaler scaler({});
  EXPECT_EQ(scaler.scale(torch::full({}, 2.0)).item<double>(), 2.0 * 65536);
  set_gradients(65536 * 0.25);
  EXPECT_TRUE(scaler.unscale(*optimizer_));
  for (const Optimizer::Slot& slot : optimizer_->slots()) {
    EXPECT_TRUE(slot.parameter.grad().eq(0.25).all().item<bool>());
  }
  EXPECT_EQ(scaler.state().good_steps, 1);
}

TEST_F(GradientScalerTest, HalvesAtAnOverflowAndDoublesAfterTwoThousandGoodSteps) {
  GradientScaler scaler({});
  set_gradients(std::numeric_limits<double>::infinity());
  EXPECT_FALSE(scaler.unscale(*optimizer_));
  EXPECT_EQ(scaler.state().scale, 32768);
  EXPECT_EQ(scaler.state().skipped_steps, 1);
  GradientScaler later({1024, 1999, 3});
  set_gradients(1);
  EXPECT_TRUE(later.unscale(*optimizer_));
  EXPECT_EQ(later.state().scale, 2048);
  EXPECT_EQ(later.state().good_steps, 0);
  EXPECT_EQ(later.state().skipped_steps, 3);
}

}  // namespace
}  // namespace xrayclf
