#include "xrayclf/callbacks/callbacks.hpp"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "xrayclf/core/json_file.hpp"

namespace xrayclf {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

double number(const json& value) {
  if (value == "nan") return kNan;
  if (value == "inf") return std::numeric_limits<double>::infinity();
  if (value == "-inf") return -std::numeric_limits<double>::infinity();
  return value.get<double>();
}

TEST(CallbacksTest, DefaultsAreThoseOfTheStudy) {
  const CallbacksConfig config;
  EXPECT_EQ(config.early_stopping.monitor, "val_loss");
  EXPECT_EQ(config.early_stopping.patience, 5);
  EXPECT_TRUE(config.early_stopping.restore_best_weights);
  EXPECT_EQ(config.reduce_learning_rate.factor, 0.5);
  EXPECT_EQ(config.reduce_learning_rate.patience, 3);
  EXPECT_EQ(config.reduce_learning_rate.min_learning_rate, 1e-7);
  EXPECT_EQ(config.model_checkpoint.monitor, "val_accuracy");
}

TEST(CallbacksTest, SavesTheStoppingEpochUnderItsOwnWeights) {
  Callbacks callbacks({}, LearningRateControl::plateau);
  callbacks.begin_fit();
  EpochDecision decision;
  for (int epoch = 0; epoch < 6; ++epoch) {
    decision = callbacks.end_epoch(
        epoch, {{"val_loss", 1.0 + epoch}, {"val_accuracy", 0.5 + 0.01 * epoch}}, 1e-3);
  }
  EXPECT_TRUE(decision.save_best);
  EXPECT_TRUE(decision.stop);
  EXPECT_FALSE(decision.keep_weights);
  EXPECT_EQ(callbacks.epoch_to_restore(), 0);
}

TEST(CallbacksTest, AMissingFigureChangesNothing) {
  CallbacksConfig config;
  config.early_stopping.monitor = "val_auroc";
  config.early_stopping.patience = 1;
  Callbacks callbacks(config, LearningRateControl::plateau);
  callbacks.begin_fit();
  for (int epoch = 0; epoch < 4; ++epoch) {
    const EpochDecision decision = callbacks.end_epoch(epoch, {{"loss", 1.0}}, 1e-3);
    EXPECT_FALSE(decision.stop);
    EXPECT_FALSE(decision.save_best);
    EXPECT_EQ(decision.learning_rate, 1e-3);
  }
}

TEST(CallbacksTest, ASchedulesRateIsLeftToTheSchedule) {
  Callbacks callbacks({}, LearningRateControl::schedule);
  callbacks.begin_fit();
  for (int epoch = 0; epoch < 9; ++epoch) {
    EXPECT_EQ(callbacks.end_epoch(epoch, {{"val_loss", 1.0}}, 1e-3).learning_rate, 1e-3);
  }
}

TEST(CallbacksTest, StopsAtALossThatIsNotFiniteUnlessToldNotTo) {
  CallbacksConfig config;
  EXPECT_TRUE(Callbacks(config, LearningRateControl::schedule).must_stop_at(kNan));
  EXPECT_TRUE(Callbacks(config, LearningRateControl::schedule)
                  .must_stop_at(std::numeric_limits<double>::infinity()));
  EXPECT_FALSE(Callbacks(config, LearningRateControl::schedule).must_stop_at(3.0));
  config.stop_on_nan = false;
  EXPECT_FALSE(Callbacks(config, LearningRateControl::schedule).must_stop_at(kNan));
}

TEST(CallbacksTest, RefusesADamagedState) {
  Callbacks callbacks({}, LearningRateControl::plateau);
  json state = callbacks.state();
  state["early_stopping"].erase("wait");
  EXPECT_THROW(callbacks.set_state(state), ModelError);
  EXPECT_THROW(callbacks.set_state(json::array()), ModelError);
  state = callbacks.state();
  state["model_checkpoint"]["best"] = "0.5";
  EXPECT_THROW(callbacks.set_state(state), ModelError);
}

TEST(CallbacksTest, ResumedAnywhereDecidesAsUninterrupted) {
  // Values with no short decimal form, and both infinities and NaN on the way.
  const std::vector<double> losses = {kNan, 1.0 / 3, 1.0 / 7,   0.2,  std::sqrt(0.03),
                                      0.18, 0.19,    0.1400001, 0.15, 0.16,
                                      0.17, kNan,    0.2};
  for (const auto semantics :
       {CallbackSemantics::keras_2, CallbackSemantics::keras_3, CallbackSemantics::torch}) {
    CallbacksConfig config;
    config.semantics = semantics;
    config.reduce_learning_rate.cooldown = 2;
    config.reduce_learning_rate.patience = 1;
    for (std::size_t cut = 0; cut < losses.size(); ++cut) {
      Callbacks whole(config, LearningRateControl::plateau);
      Callbacks parts(config, LearningRateControl::plateau);
      double whole_rate = 0.1;
      double parts_rate = 0.1;
      for (std::size_t epoch = 0; epoch < losses.size(); ++epoch) {
        if (epoch == cut) {
          const std::string text = parts.state().dump();
          parts = Callbacks(config, LearningRateControl::plateau);
          parts.set_state(json::parse(text));
        }
        const EpochFigures figures = {{"val_loss", losses[epoch]},
                                      {"val_accuracy", 1.0 - losses[epoch]}};
        const auto at = static_cast<std::int64_t>(epoch);
        const EpochDecision expected = whole.end_epoch(at, figures, whole_rate);
        const EpochDecision got = parts.end_epoch(at, figures, parts_rate);
        whole_rate = expected.learning_rate;
        parts_rate = got.learning_rate;
        EXPECT_EQ(got.learning_rate, expected.learning_rate);
        EXPECT_EQ(got.save_best, expected.save_best);
        EXPECT_EQ(got.keep_weights, expected.keep_weights);
        EXPECT_EQ(got.stop, expected.stop);
        EXPECT_EQ(parts.epoch_to_restore(), whole.epoch_to_restore());
      }
    }
  }
}

TEST(MonitorTest, OwnFiguresGoTheirWayUnderEverySemantics) {
  for (const auto semantics :
       {CallbackSemantics::keras_2, CallbackSemantics::keras_3, CallbackSemantics::torch}) {
    for (const auto kind : {CallbackKind::early_stopping, CallbackKind::reduce_learning_rate,
                            CallbackKind::model_checkpoint}) {
      const auto goal = [&](const char* name) {
        return monitor_goal(name, MonitorMode::automatic, semantics, kind);
      };
      EXPECT_EQ(goal("val_loss"), Goal::minimum);
      EXPECT_EQ(goal("val_accuracy"), Goal::maximum);
      EXPECT_EQ(goal("val_auroc"), Goal::maximum);
      EXPECT_EQ(goal("loss"), Goal::minimum);
      EXPECT_EQ(monitor_goal("anything", MonitorMode::max, semantics, kind), Goal::maximum);
    }
  }
}

TEST(MonitorTest, Keras2GuessesOtherNamesAndTheOthersAsk) {
  const auto goal = [](CallbackSemantics semantics, CallbackKind kind) {
    return monitor_goal("val_auc", MonitorMode::automatic, semantics, kind);
  };
  EXPECT_EQ(goal(CallbackSemantics::keras_2, CallbackKind::early_stopping), Goal::maximum);
  EXPECT_EQ(goal(CallbackSemantics::keras_2, CallbackKind::reduce_learning_rate), Goal::minimum);
  EXPECT_EQ(goal(CallbackSemantics::keras_2, CallbackKind::model_checkpoint), Goal::minimum);
  EXPECT_THROW(goal(CallbackSemantics::keras_3, CallbackKind::early_stopping), ConfigError);
  EXPECT_THROW(goal(CallbackSemantics::torch, CallbackKind::early_stopping), ConfigError);
}

TEST(ReduceLearningRateTest, TorchWaitsOneEpochLongerThanKeras) {
  const auto reductions = [](CallbackSemantics semantics) {
    ReduceLearningRateConfig config;
    config.patience = 3;
    ReduceLearningRate plateau(config, semantics);
    std::vector<int> epochs;
    double rate = 1.0;
    for (int epoch = 1; epoch <= 14; ++epoch) {
      const double next = plateau.end_epoch(0.7, rate);
      if (next < rate) epochs.push_back(epoch);
      rate = next;
    }
    return epochs;
  };
  EXPECT_THAT(reductions(CallbackSemantics::keras_2), ElementsAre(4, 7, 10, 13));
  EXPECT_THAT(reductions(CallbackSemantics::torch), ElementsAre(5, 9, 13));
}

TEST(ReduceLearningRateGoldenTest, EqualsPyTorchStepByStep) {
  const std::filesystem::path folder = std::filesystem::path(XRAYCLF_TEST_DATA) / "golden";
  const json torch = read_json_file(folder / "torch_schedules.json");
  const json sequences = read_json_file(folder / "callbacks.json")["sequences"];
  ASSERT_FALSE(torch["reduce_lr_on_plateau"].empty());
  for (const json& trace : torch["reduce_lr_on_plateau"]) {
    const json& options = trace["options"];
    ReduceLearningRateConfig config;
    config.mode = options["mode"] == "min" ? MonitorMode::min : MonitorMode::max;
    config.factor = options["factor"];
    config.patience = options["patience"];
    config.min_delta = options.value("threshold", 1e-4);
    config.cooldown = options.value("cooldown", 0);
    config.min_learning_rate = options["min_lr"];
    ReduceLearningRate plateau(config, CallbackSemantics::torch);
    const json& values = sequences[trace["sequence"].get<std::string>()]
                                  [options["mode"] == "min" ? "val_loss" : "val_accuracy"];
    double rate = 1e-3;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::string where =
          options.dump() + " on " + trace["sequence"].dump() + " at " + std::to_string(i);
      rate = plateau.end_epoch(number(values[i]), rate);
      EXPECT_EQ(rate, trace["lr"][i].get<double>()) << where;
      EXPECT_EQ(plateau.wait(), trace["wait"][i]) << where;
      EXPECT_EQ(plateau.cooldown(), trace["cooldown"][i]) << where;
      EXPECT_EQ(plateau.best(), number(trace["best"][i])) << where;
    }
  }
}

TEST(CallbacksConfigTest, NamesTheFieldThatIsWrong) {
  try {
    read_json<CallbacksConfig>(json::parse(R"({"early_stopping": {"baseline": [1, 2]}})"));
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("early_stopping.baseline"));
  }
  EXPECT_THROW(
      read_json<CallbacksConfig>(json::parse(R"({"reduce_learning_rate": {"factor": 1.0}})")),
      ConfigError);
  EXPECT_EQ(read_json<CallbacksConfig>(write_json(CallbacksConfig{})).semantics,
            CallbackSemantics::keras_2);
}

}  // namespace
}  // namespace xrayclf
