#include "xrayclf/training/loss.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xrayclf {
namespace {

using ::testing::ElementsAre;

TEST(LossTest, BalancedWeightsAreImagesOverClassesTimesImagesOfTheClass) {
  EXPECT_THAT(class_weights({0, 0, 0, 1}, 2, ClassWeights::balanced),
              ElementsAre(4.0 / 6, 4.0 / 2));
  EXPECT_THAT(class_weights({0, 0}, 2, ClassWeights::balanced), ElementsAre(0.5, 0));
  EXPECT_THAT(class_weights({0, 1}, 2, ClassWeights::none), ElementsAre(1, 1));
}

TEST(LossTest, KerasDividesByImagesAndTorchByWeights) {
  const torch::Tensor logits = torch::zeros({3, 2}, torch::kDouble);  // every loss is ln 2
  const torch::Tensor targets = torch::tensor({0, 0, 1}, torch::kLong);
  const torch::Tensor weights = torch::tensor({1.0, 4.0}, torch::kDouble);
  EXPECT_NEAR(weighted_cross_entropy(logits, targets, weights, LossReduction::keras).item<double>(),
              6 * std::log(2.0) / 3, 1e-12);
  EXPECT_NEAR(weighted_cross_entropy(logits, targets, weights, LossReduction::torch).item<double>(),
              std::log(2.0), 1e-12);
}

}  // namespace
}  // namespace xrayclf
