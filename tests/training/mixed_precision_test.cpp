#include <gtest/gtest.h>

#include "support/train_head.hpp"
#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {

using testing::epochs;
using testing::HeadTraining;
using testing::network_of;
using testing::separable;
using testing::train_head;

/// The last epoch of a training in that precision.
EpochRecord last_epoch(Precision precision, const torch::Device& device) {
  const auto network = network_of(1);
  network->to(device);
  auto train = separable(*network, 97, 1);
  auto validation = separable(*network, 30, 2);
  HeadTraining training = epochs(12);
  training.phase.training_precision = precision;
  const auto history = train_head(*network, train, validation, training);
  for (const torch::Tensor& parameter : network->parameters()) {
    EXPECT_EQ(parameter.scalar_type(), torch::kFloat32);
  }
  return history.back();
}

TEST(MixedPrecisionTest, BfloatOnTheCpuLearnsByOtherNumbersThanFloat) {
  const auto rounded = last_epoch(Precision::bfloat16, torch::kCPU);
  EXPECT_GT(rounded.validation.auroc, 0.95);
  EXPECT_NE(rounded.train.loss, last_epoch(Precision::float32, torch::kCPU).train.loss);
}

TEST(MixedPrecisionTest, HalfPrecisionIsForCudaOnly) {
  EXPECT_THROW(check_precision(Precision::float16, torch::kCPU), ConfigError);
  check_precision(Precision::bfloat16, torch::kCPU);
  check_precision(Precision::float16, torch::kCUDA);
}

TEST(MixedPrecisionCudaTest, HalfAndBfloatLearnOnTheDevice) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "no CUDA device";
  for (const Precision precision : {Precision::float16, Precision::bfloat16}) {
    EXPECT_GT(last_epoch(precision, torch::kCUDA).validation.auroc, 0.95);
  }
}

}  // namespace
}  // namespace xrayclf
