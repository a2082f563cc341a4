#include "xrayclf/training/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/train_head.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/model/weights.hpp"

namespace xrayclf {
namespace {

using testing::example_name;
using ::testing::HasSubstr;
using testing::head_trainer;
using testing::HeadTraining;
using testing::train_head;

/// The head alone is trained, on made-up features, so the smallest backbone will do.
std::shared_ptr<Network> network_of(std::uint64_t seed) {
  torch::manual_seed(seed);
  NetworkConfig config;
  config.architecture = "efficientnet_lite0";
  config.flavour = Flavour::tf;
  return make_network(config);
}

/// Features in which the class shows.
CachedExamples separable(const Network& network, std::int64_t count, std::uint64_t seed) {
  torch::manual_seed(seed);
  torch::Tensor rows = torch::randn({count, network.feature_channels()});
  std::vector<std::int64_t> targets;
  for (std::int64_t i = 0; i < count; ++i) {
    targets.push_back(i % 3);
    rows[i].narrow(0, 10 * (i % 3), 10) += 4;
  }
  return {rows, targets};
}

std::vector<EpochRecord> fit(Network& network, const HeadTraining& training) {
  auto train = separable(network, 97, 1);
  auto validation = separable(network, 30, 2);
  return train_head(network, train, validation, training);
}

HeadTraining epochs(std::int64_t count, std::uint64_t seed = 1) {
  HeadTraining training;
  training.phase.epochs = count;
  training.seed = seed;
  return training;
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

/// Keeps every state that a run would save, as a checkpoint would hold it.
class StateCollector : public TrainingObserver {
 public:
  struct Saved {
    nlohmann::json state;
    std::map<std::string, torch::Tensor> network, tensors;
  };
  explicit StateCollector(Network& network) : network_(network) {}
  void on_save(const Trainer& trainer) override {
    saved_.push_back(
        {trainer.state().to_json(), copies(state_of(network_)), copies(trainer.tensors())});
  }
  static std::map<std::string, torch::Tensor> copies(
      const std::map<std::string, torch::Tensor>& tensors) {
    std::map<std::string, torch::Tensor> own;
    for (const auto& [name, value] : tensors) own[name] = value.detach().clone();
    return own;
  }
  std::vector<Saved> saved_;

 private:
  Network& network_;
};

/// A run with everything that has state: moments, mean weights, a plateau, patience, dropout.
HeadTraining stateful() {
  HeadTraining training = epochs(7);
  training.phase.batch_size = 32;
  training.phase.optimizer.kind = OptimizerKind::adamw;
  training.phase.optimizer.weight_decay = 0.01;
  training.phase.schedule.kind = ScheduleKind::plateau;
  training.phase.ema.decay = 0.9;
  training.phase.sampler = Sampler::balanced;
  training.phase.callbacks.reduce_learning_rate.patience = 1;
  training.phase.callbacks.reduce_learning_rate.min_delta = 10;  // nothing is an improvement
  training.phase.callbacks.early_stopping.enabled = true;
  training.phase.callbacks.early_stopping.patience = 3;
  training.phase.callbacks.early_stopping.min_delta = 10;
  training.save.every_steps = 1;
  return training;
}

std::map<std::string, torch::Tensor> final_state(const Network& network) {
  return StateCollector::copies(state_of(network));
}

bool same(const std::map<std::string, torch::Tensor>& a,
          const std::map<std::string, torch::Tensor>& b) {
  return std::all_of(a.begin(), a.end(), [&](const auto& entry) {
    return torch::equal(entry.second, b.at(entry.first));
  });
}

class ResumeTest : public ::testing::Test {
 protected:
  ResumeTest() : network_(network_of(1)), collector_(*network_) {}

  void run(const HeadTraining& training) {
    training_ = training;
    training_.observer = &collector_;
    train_head(*network_, train_, validation_, training_);
    training_.observer = nullptr;
    expected_ = final_state(*network_);
  }

  /// Goes on from one saved state in another process's stead; `change` may damage it first.
  std::map<std::string, torch::Tensor> resume(
      StateCollector::Saved saved, const std::function<void(StateCollector::Saved&)>& change = {}) {
    if (change) change(saved);
    const auto network = network_of(99);
    {
      const torch::NoGradGuard no_grad;
      for (const auto& [name, value] : state_of(*network)) value.copy_(saved.network.at(name));
    }
    const TrainingState state = TrainingState::from_json(nlohmann::json::parse(saved.state.dump()));
    Trainer trainer = head_trainer(*network, training_, state);
    trainer.set_tensors(saved.tensors);
    if (state.kept_epoch > 0) {
      for (const auto& earlier : collector_.saved_) {
        if (earlier.state["epoch"] == state.kept_epoch + 1 && earlier.state["batches"] == 0) {
          trainer.set_kept(earlier.network);
        }
      }
    }
    trainer.fit(train_, validation_, example_name);
    history_ = trainer.state().history;
    return final_state(*network);
  }

  std::shared_ptr<Network> network_;
  StateCollector collector_;
  HeadTraining training_;
  CachedExamples train_ = separable(*network_of(1), 97, 1);
  CachedExamples validation_ = separable(*network_of(1), 30, 2);
  std::map<std::string, torch::Tensor> expected_;
  std::vector<EpochRecord> history_;
};

TEST_F(ResumeTest, FromEveryStepARunEndsWithTheSameWeightsAndHistory) {
  run(stateful());
  // Four epochs of three batches until patience ends, each step and each epoch saved.
  ASSERT_EQ(collector_.saved_.size(), 4u * (3 + 1));
  const auto full = TrainingState::from_json(collector_.saved_.back().state).history;
  EXPECT_LT(full.back().learning_rate, full.front().learning_rate) << "the plateau was met";
  for (std::size_t i = 0; i < collector_.saved_.size(); ++i) {
    SCOPED_TRACE("saved state " + std::to_string(i));
    EXPECT_TRUE(same(expected_, resume(collector_.saved_[i])));
    ASSERT_EQ(history_.size(), full.size());
    for (std::size_t e = 0; e < full.size(); ++e) {
      EXPECT_EQ(history_[e].train.loss, full[e].train.loss);
      EXPECT_EQ(history_[e].train.auroc, full[e].train.auroc);
      EXPECT_EQ(history_[e].validation.loss, full[e].validation.loss);
      EXPECT_EQ(history_[e].learning_rate, full[e].learning_rate);
    }
  }
}

TEST_F(ResumeTest, WithoutAnyOneItemOfItsStateARunEndsOtherwise) {
  HeadTraining training = stateful();
  // Best weights of an early epoch would hide what becomes of later ones.
  training.phase.callbacks.early_stopping.restore_best_weights = false;
  run(training);
  const StateCollector::Saved middle = collector_.saved_[5];  // within the second epoch
  ASSERT_TRUE(same(expected_, resume(middle)));
  const auto differs = [&](const std::function<void(StateCollector::Saved&)>& damage) {
    const auto weights = resume(middle, damage);
    const auto full = TrainingState::from_json(collector_.saved_.back().state).history;
    return !same(expected_, weights) || history_.size() != full.size() ||
           history_[1].train.loss != full[1].train.loss ||
           history_[1].train.auroc != full[1].train.auroc;
  };
  for (const char* kind : {"mean/", "square/", "raw/", "epoch/logits"}) {
    EXPECT_TRUE(differs([&](StateCollector::Saved& saved) {
      for (auto& [name, value] : saved.tensors) {
        if (name.rfind(kind, 0) == 0) value = torch::zeros_like(value);
      }
    })) << kind;
  }
  for (const char* key : {"batches", "optimizer_steps", "learning_rate", "loss_sum"}) {
    EXPECT_TRUE(differs([&](StateCollector::Saved& saved) {
      saved.state[key] = saved.state[key].get<double>() == 0 ? 1 : 0;
    })) << key;
  }
  EXPECT_TRUE(differs([&](StateCollector::Saved& saved) {
    saved.network = collector_.saved_[0].network;
  })) << "weights";
  EXPECT_TRUE(differs([&](StateCollector::Saved& saved) { saved.state["callbacks"] = nullptr; }))
      << "callbacks";
}

}  // namespace
}  // namespace xrayclf
