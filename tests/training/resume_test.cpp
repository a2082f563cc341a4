#include <algorithm>
#include <csignal>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/train_head.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/interrupt.hpp"
#include "xrayclf/model/weights.hpp"
#include "xrayclf/training/trainer.hpp"

namespace xrayclf {
namespace {

using testing::epochs;
using testing::example_name;
using testing::head_trainer;
using testing::HeadTraining;
using testing::network_of;
using testing::separable;
using testing::train_head;

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
      StateCollector::Saved saved, const std::function<void(StateCollector::Saved&)>& change = {},
      Examples* train = nullptr) {
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
    trainer.fit(train == nullptr ? train_ : *train, validation_, example_name);
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

/// Notes what it is asked for.
class RecordingExamples : public CachedExamples {
 public:
  using CachedExamples::CachedExamples;
  explicit RecordingExamples(CachedExamples examples) : CachedExamples(std::move(examples)) {}
  torch::Tensor inputs(std::int64_t epoch, const std::vector<std::int64_t>& indices) override {
    asked_.push_back(indices);
    return CachedExamples::inputs(epoch, indices);
  }
  std::vector<std::vector<std::int64_t>> asked_;
};

TEST_F(ResumeTest, TheOrderOfImagesIsThatOfTheUninterruptedRunAndDiffersBetweenEpochs) {
  RecordingExamples straight(train_);
  training_ = stateful();
  training_.phase.norm_statistics = NormStatistics::running;  // one pass an epoch
  training_.phase.sampler = Sampler::shuffled;
  training_.observer = &collector_;
  train_head(*network_, straight, validation_, training_);
  training_.observer = nullptr;
  ASSERT_EQ(straight.asked_.size(), 4u * 3);
  for (int epoch = 1; epoch < 4; ++epoch) {
    EXPECT_NE(straight.asked_[0], straight.asked_[static_cast<std::size_t>(3 * epoch)]);
  }
  RecordingExamples resumed(train_);
  resume(collector_.saved_[5], {}, &resumed);  // after two batches of the second epoch
  ASSERT_EQ(resumed.asked_.size(), straight.asked_.size() - 5);
  EXPECT_TRUE(
      std::equal(resumed.asked_.begin(), resumed.asked_.end(), straight.asked_.begin() + 5));
}

/// Raises SIGTERM when it is asked the `at`-th time.
class SignallingExamples : public CachedExamples {
 public:
  SignallingExamples(CachedExamples examples, int at)
      : CachedExamples(std::move(examples)), left_(at) {}
  torch::Tensor inputs(std::int64_t epoch, const std::vector<std::int64_t>& indices) override {
    if (--left_ == 0) std::raise(SIGTERM);
    return CachedExamples::inputs(epoch, indices);
  }

 private:
  int left_;
};

using InterruptDeathTest = ResumeTest;

TEST_F(InterruptDeathTest, ASignalDuringValidationSavesTheStateBeforeIt) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        run(stateful());
        install_signal_handlers();
        const auto network = network_of(1);
        StateCollector collector(*network);
        SignallingExamples validation(validation_, 2);  // one batch an epoch: in the second one
        HeadTraining training = training_;
        training.observer = &collector;
        try {
          train_head(*network, train_, validation, training);
        } catch (const Interrupted& e) {
          // The fourth of the second epoch's saves: after its last batch, which comes again.
          const auto& saved = collector.saved_;
          const bool before = saved.size() == 8 && saved[7].state == saved[6].state &&
                              same(saved[7].tensors, saved[6].tensors) &&
                              same(saved[7].tensors, collector_.saved_[6].tensors);
          std::exit(before ? static_cast<int>(e.exit_code()) : 1);
        }
        std::exit(2);
      },
      ::testing::ExitedWithCode(143), "");
}

}  // namespace
}  // namespace xrayclf
