#include "xrayclf/training/optimizer.hpp"

#include <cmath>
#include <map>
#include <string>

#include <gtest/gtest.h>
#include <torch/optim.h>

#include "support/tiny_network.hpp"
#include "xrayclf/training/opening.hpp"

namespace xrayclf {
namespace {

/// A linear head's weight and bias under made-up gradients, beside torch::optim's.
class OptimizerTest : public ::testing::Test {
 protected:
  OptimizerTest() : network_(testing::tiny_network(3, HeadKind::linear)) {
    open_network(*network_, {});
    for (const auto& item : network_->named_parameters()) {
      if (!item.value().requires_grad()) continue;
      own_.push_back(item.value());
      copies_.push_back(item.value().detach().clone().set_requires_grad(true));
    }
  }

  void set_gradients(int step, double scale = 1) {
    torch::manual_seed(static_cast<std::uint64_t>(step));
    for (std::size_t i = 0; i < own_.size(); ++i) {
      own_[i].mutable_grad() = scale * torch::randn_like(own_[i].detach());
      copies_[i].mutable_grad() = own_[i].grad().clone();
    }
  }

  void expect_equal(double tolerance = 1e-6) {
    for (std::size_t i = 0; i < own_.size(); ++i) {
      EXPECT_TRUE(torch::allclose(own_[i], copies_[i], tolerance, tolerance)) << i;
    }
  }

  std::shared_ptr<Network> network_;
  std::vector<torch::Tensor> own_, copies_;
};

TEST_F(OptimizerTest, AdamWEqualsPyTorchsAndSparesBiasesWhenTold) {
  OptimizerConfig config;
  config.kind = OptimizerKind::adamw;
  config.form = AdamForm::torch;
  config.epsilon = 1e-8;
  config.weight_decay = 0.1;
  Optimizer optimizer(*network_, config);
  torch::optim::AdamW weights({copies_[0]}, torch::optim::AdamWOptions(1e-3).weight_decay(0.1));
  torch::optim::AdamW biases({copies_[1]}, torch::optim::AdamWOptions(1e-3).weight_decay(0.0));
  for (int step = 1; step <= 5; ++step) {
    set_gradients(step);
    optimizer.step();
    weights.step();
    biases.step();
  }
  expect_equal();
}

TEST_F(OptimizerTest, SgdEqualsPyTorchsWithNesterovMomentum) {
  OptimizerConfig config;
  config.kind = OptimizerKind::sgd;
  config.learning_rate = 0.1;
  Optimizer optimizer(*network_, config);
  torch::optim::SGD reference(copies_, torch::optim::SGDOptions(0.1).momentum(0.9).nesterov(true));
  for (int step = 1; step <= 5; ++step) {
    set_gradients(step);
    optimizer.step();
    reference.step();
  }
  expect_equal();
}

TEST_F(OptimizerTest, GradientsAreShortenedToTheNormAskedFor) {
  OptimizerConfig config;
  config.kind = OptimizerKind::sgd;
  config.learning_rate = 1;
  config.momentum = 0;
  config.clip_norm = 0.5;
  Optimizer optimizer(*network_, config);
  set_gradients(1, 100);
  optimizer.step();
  double squares = 0;
  for (std::size_t i = 0; i < own_.size(); ++i) {
    squares += (own_[i] - copies_[i]).square().sum().item<double>();
  }
  EXPECT_NEAR(std::sqrt(squares), 0.5, 1e-4);
}

TEST_F(OptimizerTest, RatesFallFromTheHeadToTheFirstBlock) {
  OpenConfig everything;
  everything.part = OpenPart::everything;
  open_network(*network_, everything);
  OptimizerConfig config;
  config.head_factor = 5;
  config.block_factor = 0.5;
  Optimizer optimizer(*network_, config);
  for (const Optimizer::Slot& slot : optimizer.slots()) {
    const std::map<std::string, double> expected = {
        {"classifier", 5}, {"features.8", 1}, {"features.7.0", 0.5}};
    for (const auto& [module, factor] : expected) {
      if (slot.name.rfind(module, 0) == 0) {
        EXPECT_EQ(slot.rate_factor, factor) << slot.name;
      }
    }
  }
}

}  // namespace
}  // namespace xrayclf
