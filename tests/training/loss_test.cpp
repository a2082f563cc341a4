#include "xrayclf/training/loss.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/nn/functional/loss.h>

namespace xrayclf {
namespace {

using ::testing::ElementsAre;

TEST(LossTest, BalancedWeightsAreImagesOverClassesTimesImagesOfTheClass) {
  EXPECT_THAT(class_weights({0, 0, 0, 1}, 2, ClassWeights::balanced),
              ElementsAre(4.0 / 6, 4.0 / 2));
  EXPECT_THAT(class_weights({0, 0}, 2, ClassWeights::balanced), ElementsAre(0.5, 0));
  EXPECT_THAT(class_weights({0, 1}, 2, ClassWeights::none), ElementsAre(1, 1));
}

double loss_of(const torch::Tensor& logits, const std::vector<std::int64_t>& targets,
               const torch::Tensor& weights, const LossConfig& config) {
  return classification_loss(logits, one_hot(targets, logits.size(1)).to(torch::kDouble), weights,
                             config)
      .item<double>();
}

TEST(LossTest, KerasDividesByImagesAndTorchByWeights) {
  const torch::Tensor logits = torch::zeros({3, 2}, torch::kDouble);  // every loss is ln 2
  const torch::Tensor weights = torch::tensor({1.0, 4.0}, torch::kDouble);
  LossConfig config;
  EXPECT_NEAR(loss_of(logits, {0, 0, 1}, weights, config), 6 * std::log(2.0) / 3, 1e-12);
  config.reduction = LossReduction::torch;
  EXPECT_NEAR(loss_of(logits, {0, 0, 1}, weights, config), std::log(2.0), 1e-12);
}

TEST(LossTest, SmoothedLabelsWithClassWeightsEqualPyTorchs) {
  torch::manual_seed(1);
  const torch::Tensor logits = torch::randn({5, 3}, torch::kDouble);
  const torch::Tensor weights = torch::tensor({1.0, 4.0, 0.5}, torch::kDouble);
  const std::vector<std::int64_t> targets = {0, 1, 2, 1, 0};
  LossConfig config;
  config.reduction = LossReduction::torch;
  config.label_smoothing = 0.1;
  const auto expected = torch::nn::functional::cross_entropy(
      logits, torch::tensor(targets, torch::kLong),
      torch::nn::functional::CrossEntropyFuncOptions().weight(weights).label_smoothing(0.1));
  EXPECT_NEAR(loss_of(logits, targets, weights, config), expected.item<double>(), 1e-12);
}

TEST(LossTest, TheFocalLossScalesEachImageByItsMissingProbability) {
  const torch::Tensor logits = torch::tensor({{0.0, std::log(3.0)}}, torch::kDouble);  // 1/4, 3/4
  const torch::Tensor weights = torch::ones({2}, torch::kDouble);
  LossConfig config;
  config.focal_gamma = 2;
  EXPECT_NEAR(loss_of(logits, {1}, weights, config), -std::log(0.75) / 16, 1e-12);
  EXPECT_NEAR(loss_of(logits, {0}, weights, config), -std::log(0.25) * 9 / 16, 1e-12);
}

TEST(LossTest, SquareRootWeightsAreMilder) {
  EXPECT_THAT(class_weights({0, 0, 0, 1}, 2, ClassWeights::square_root),
              ElementsAre(std::sqrt(4.0 / 6), std::sqrt(4.0 / 2)));
}

}  // namespace
}  // namespace xrayclf
