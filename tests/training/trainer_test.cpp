#include "xrayclf/training/trainer.hpp"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/train_head.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/model/weights.hpp"

namespace xrayclf {
namespace {

using testing::epochs;
using ::testing::HasSubstr;
using testing::HeadTraining;
using testing::network_of;
using testing::separable;
using testing::train_head;

std::vector<EpochRecord> fit(Network& network, const HeadTraining& training) {
  auto train = separable(network, 97, 1);
  auto validation = separable(network, 30, 2);
  return train_head(network, train, validation, training);
}

TEST(TrainerTest, LearnsWhatCanBeLearnt) {
  const auto network = network_of(1);
  const auto history = fit(*network, epochs(12));
  ASSERT_EQ(history.size(), 12u);
  EXPECT_LT(history.back().train.loss, history.front().train.loss);
  EXPECT_GT(history.back().validation.accuracy, 0.9);
  EXPECT_GT(history.back().validation.auroc, 0.95);
  EXPECT_EQ(history.back().learning_rate, 1e-3);
}

TEST(TrainerTest, SameSeedGivesTheSameWeightsAndAnotherSeedOthers) {
  const auto first = network_of(1);
  const auto second = network_of(1);
  const auto third = network_of(1);
  fit(*first, epochs(2));
  torch::rand({17});  // whatever else draws from the generator has no influence
  fit(*second, epochs(2));
  fit(*third, epochs(2, 2));
  bool any_other = false;
  const auto others = state_of(third->head());
  const auto same = state_of(second->head());
  for (const auto& [name, value] : state_of(first->head())) {
    EXPECT_TRUE(torch::equal(value, same.at(name))) << name;
    any_other = any_other || !torch::equal(value, others.at(name));
  }
  EXPECT_TRUE(any_other);
}

TEST(TrainerTest, TheFrozenBackboneStaysAndGetsNoGradients) {
  const auto network = network_of(1);
  std::map<std::string, torch::Tensor> before;
  for (const auto& [name, value] : state_of(network->backbone())) before[name] = value.clone();
  fit(*network, epochs(1));
  for (const auto& [name, value] : state_of(network->backbone())) {
    EXPECT_TRUE(torch::equal(value, before.at(name))) << name;
  }
  for (const torch::Tensor& parameter : network->backbone().parameters()) {
    EXPECT_FALSE(parameter.grad().defined());
  }
}

TEST(TrainerTest, ANonFiniteLossStopsBeforeItsStepAndNamesTheBatch) {
  const auto network = network_of(1);
  std::map<std::string, torch::Tensor> before;
  torch::Tensor rows = torch::randn({4, network->feature_channels()});
  rows[2][0] = std::numeric_limits<float>::quiet_NaN();
  CachedExamples train(rows, {0, 1, 2, 0});
  auto validation = separable(*network, 6, 2);
  for (const torch::Tensor& parameter : network->head().parameters()) {
    before[std::to_string(before.size())] = parameter.detach().clone();
  }
  try {
    train_head(*network, train, validation, {});
    FAIL();
  } catch (const NumericError& e) {
    EXPECT_THAT(e.what(), HasSubstr("epoch 1, step 1"));
    EXPECT_THAT(e.what(), HasSubstr("image 2"));
  }
  std::size_t i = 0;
  for (const torch::Tensor& parameter : network->head().parameters()) {
    EXPECT_TRUE(torch::equal(parameter, before.at(std::to_string(i++))));
  }
}

TEST(TrainerTest, RecomputedStatisticsAreThoseOfTheTrainingImages) {
  const auto network = network_of(1);
  auto train = separable(*network, 96, 1);
  auto validation = separable(*network, 6, 2);
  std::vector<std::int64_t> all(96);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i);
  const torch::Tensor mean = train.inputs(1, all).mean(0);
  const auto off = [&](NormStatistics statistics) {
    HeadTraining training = epochs(1);
    training.phase.norm_statistics = statistics;
    train_head(*network, train, validation, training);
    return (state_of(*network).at("head.0.running_mean") - mean).abs().max().item<double>();
  };
  EXPECT_LT(off(NormStatistics::recomputed), 1e-5);
  EXPECT_GT(off(NormStatistics::running), 1e-5);
}

class RecordingObserver : public TrainingObserver {
 public:
  void on_step(std::int64_t, std::int64_t images, double) override { images_ += images; }
  void on_epoch(const EpochRecord& record, bool best) override {
    if (best) best_.push_back(record.validation.auroc);
  }
  std::int64_t images_ = 0;
  std::vector<double> best_;
};

TEST(TrainerTest, ObserversSeeEveryImageAndRisingBests) {
  const auto network = network_of(1);
  auto train = separable(*network, 97, 1);
  auto validation = separable(*network, 30, 2);
  RecordingObserver observer;
  HeadTraining training = epochs(3);
  training.observer = &observer;
  train_head(*network, train, validation, training);
  EXPECT_EQ(observer.images_, 3 * 97);
  ASSERT_FALSE(observer.best_.empty());
  for (std::size_t i = 1; i < observer.best_.size(); ++i) {
    EXPECT_GT(observer.best_[i], observer.best_[i - 1]);
  }
}

TEST(TrainerTest, OneImageIsNotEnough) {
  const auto network = network_of(1);
  auto train = separable(*network, 1, 1);
  auto validation = separable(*network, 3, 1);
  EXPECT_THROW(train_head(*network, train, validation, {}), DataError);
}

}  // namespace
}  // namespace xrayclf
