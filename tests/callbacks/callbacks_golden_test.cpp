// Traces of the real callbacks of Keras 2.13.1 and 3.15.1, epoch by epoch, and their schedules.

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "xrayclf/callbacks/callbacks.hpp"
#include "xrayclf/callbacks/schedule.hpp"
#include "xrayclf/core/json_file.hpp"

namespace xrayclf {
namespace {

using nlohmann::json;

const json& golden() {
  static const json file =
      read_json_file(std::filesystem::path(XRAYCLF_TEST_DATA) / "golden" / "callbacks.json");
  return file;
}

double number(const json& value) {
  if (value == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (value == "inf") return std::numeric_limits<double>::infinity();
  if (value == "-inf") return -std::numeric_limits<double>::infinity();
  return value.get<double>();
}

/// As the trace writes it.
json written(const std::optional<double>& value) {
  if (!value) return nullptr;
  if (std::isnan(*value)) return "nan";
  if (std::isinf(*value)) return *value > 0 ? "inf" : "-inf";
  return *value;
}
json written(const std::optional<std::int64_t>& value) {
  return value ? json(*value) : json(nullptr);
}

/// Keras's arguments with its own defaults in our configuration.
template <class Config>
Config translated(json arguments, json keras_defaults) {
  keras_defaults.update(arguments);
  if (keras_defaults.contains("min_lr")) {
    keras_defaults["min_learning_rate"] = keras_defaults["min_lr"];
    keras_defaults.erase("min_lr");
  }
  for (const char* optional : {"baseline", "initial_value_threshold"}) {
    if (keras_defaults.contains(optional)) keras_defaults[optional] = {keras_defaults[optional]};
  }
  return read_json<Config>(keras_defaults);
}

CallbacksConfig translated(const json& configuration, CallbackSemantics semantics) {
  CallbacksConfig config;
  config.semantics = semantics;
  config.early_stopping.enabled = !configuration["EarlyStopping"].is_null();
  if (config.early_stopping.enabled) {
    config.early_stopping = translated<EarlyStoppingConfig>(
        configuration["EarlyStopping"], {{"patience", 0}, {"restore_best_weights", false}});
  }
  if (!configuration["ReduceLROnPlateau"].is_null()) {
    config.reduce_learning_rate = translated<ReduceLearningRateConfig>(
        configuration["ReduceLROnPlateau"], {{"factor", 0.1}, {"patience", 10}, {"min_lr", 0.0}});
  }
  if (!configuration["ModelCheckpoint"].is_null()) {
    config.model_checkpoint = translated<ModelCheckpointConfig>(configuration["ModelCheckpoint"],
                                                                {{"save_best_only", false}});
  }
  return config;
}

/// One fit() in Keras's order: the weights are the number of the epoch that made them.
class Fit {
 public:
  Fit(const json& configuration, CallbackSemantics semantics)
      : has_stopping_(!configuration["EarlyStopping"].is_null()),
        has_plateau_(!configuration["ReduceLROnPlateau"].is_null()),
        has_checkpoint_(!configuration["ModelCheckpoint"].is_null()),
        semantics_(semantics),
        config_(translated(configuration, semantics)),
        control_(has_plateau_ ? LearningRateControl::plateau : LearningRateControl::schedule),
        callbacks_(config_, control_) {}

  json run(const json& losses, const json& accuracies, double shift, double initial_rate) {
    callbacks_.begin_fit();
    json trace;
    float rate = static_cast<float>(initial_rate);  // Keras keeps the rate in float32
    std::int64_t weights = 0;
    std::optional<std::int64_t> written_in;
    std::optional<std::int64_t> written_weights;
    bool stopped = false;
    std::int64_t epoch = 0;
    for (; epoch < static_cast<std::int64_t>(losses.size()) && !stopped; ++epoch) {
      resume_elsewhere();
      weights = epoch;
      const auto at = static_cast<std::size_t>(epoch);
      const EpochFigures figures = {{"val_loss", number(losses[at]) + shift},
                                    {"val_accuracy", number(accuracies[at]) - shift}};
      const EpochDecision decision = callbacks_.end_epoch(epoch, figures, rate);
      rate = static_cast<float>(decision.learning_rate);
      stopped = decision.stop;
      // Keras 2 restores here, before the checkpoint is written; Keras 3 after the last epoch.
      if (stopped && semantics_ == CallbackSemantics::keras_2) restore(weights);
      trace["lr"].push_back(static_cast<double>(rate));
      append_state(trace);
      if (has_checkpoint_) {
        trace["saved"].push_back(decision.save_best);
        trace["saved_weights_from_epoch"].push_back(decision.save_best ? json(weights)
                                                                       : json(nullptr));
        if (decision.save_best) {
          written_in = epoch;
          written_weights = weights;
        }
      }
    }
    restore(weights);
    trace["epochs_run"] = epoch;
    trace["stopped_early"] = stopped;
    if (has_stopping_) trace["stopped_epoch"] = callbacks_.early_stopping().stopped_epoch();
    trace["weights_after_training_from_epoch"] = weights;
    if (has_checkpoint_) {
      trace["checkpoint_written_in_epoch"] = written(written_in);
      trace["checkpoint_weights_from_epoch"] = written(written_weights);
    }
    return trace;
  }

 private:
  /// Goes on with a new object that knows only the state as text, as after a resume.
  void resume_elsewhere() {
    const std::string text = callbacks_.state().dump();
    Callbacks resumed(config_, control_);
    resumed.set_state(json::parse(text));
    callbacks_ = resumed;
  }

  void restore(std::int64_t& weights) const {
    if (const auto epoch = callbacks_.epoch_to_restore()) weights = *epoch;
  }

  void append_state(json& trace) const {
    if (has_stopping_) {
      trace["es_wait"].push_back(callbacks_.early_stopping().wait());
      trace["es_best"].push_back(written(callbacks_.early_stopping().best()));
    }
    if (has_plateau_) {
      trace["rlr_wait"].push_back(callbacks_.reduce_learning_rate().wait());
      trace["rlr_cooldown"].push_back(callbacks_.reduce_learning_rate().cooldown());
      trace["rlr_best"].push_back(written(callbacks_.reduce_learning_rate().best()));
    }
    if (has_checkpoint_) {
      trace["mc_best"].push_back(written(callbacks_.model_checkpoint().best()));
    }
  }

  bool has_stopping_;
  bool has_plateau_;
  bool has_checkpoint_;
  CallbackSemantics semantics_;
  CallbacksConfig config_;
  LearningRateControl control_;
  Callbacks callbacks_;
};

void expect_near_relative(const json& expected, const json& got, const std::string& where) {
  ASSERT_EQ(expected.size(), got.size()) << where;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(number(expected[i]), number(got[i]), 1e-6 * std::abs(number(expected[i])))
        << where << " at " << i;
  }
}

void expect_same_trace(const json& expected, const json& got, const std::string& where) {
  for (const auto& [key, value] : expected.items()) {
    if (key == "configuration" || key == "sequence" || key == "second_fit" || key == "note") {
      continue;
    }
    ASSERT_TRUE(got.contains(key)) << where << ": " << key;
    if (key == "lr") {
      expect_near_relative(value, got[key], where + ": lr");
    } else {
      EXPECT_EQ(value.dump(), got[key].dump()) << where << ": " << key;
    }
  }
}

/// Nothing is logged while it lives.
class Quiet {
 public:
  Quiet() { spdlog::set_level(spdlog::level::off); }
  ~Quiet() { spdlog::set_level(before_); }

 private:
  spdlog::level::level_enum before_ = spdlog::get_level();
};

void expect_all_traces(const std::string& version, CallbackSemantics semantics) {
  const Quiet quiet;  // some traces monitor a figure that is not there
  ASSERT_FALSE(golden()["traces"][version].empty());
  for (const json& trace : golden()["traces"][version]) {
    const std::string name = trace["configuration"];
    const std::string where = version + "/" + name + "/" + trace["sequence"].get<std::string>();
    const json& configuration = golden()["configurations"][name];
    const json& sequence = golden()["sequences"][trace["sequence"].get<std::string>()];
    if (trace.contains("raises")) {
      EXPECT_THROW(Fit(configuration, semantics), ConfigError) << where;
      continue;
    }
    Fit fit(configuration, semantics);
    const json& losses = sequence["val_loss"];
    const json& accuracies = sequence["val_accuracy"];
    const json first = fit.run(losses, accuracies, 0.0, configuration["initial_lr"]);
    expect_same_trace(trace, first, where);
    if (trace.contains("second_fit")) {
      expect_same_trace(trace["second_fit"], fit.run(losses, accuracies, 0.01, 1e-4),
                        where + "/second fit");
    }
  }
}

TEST(CallbacksGoldenTest, EqualAllTracesOfKeras2) {
  expect_all_traces("keras-2.13", CallbackSemantics::keras_2);
}

TEST(CallbacksGoldenTest, EqualAllTracesOfKeras3) {
  expect_all_traces("keras-3", CallbackSemantics::keras_3);
}

/// A schedule of Keras with one step an epoch: its peak rate, its length and our configuration.
struct KerasSchedule {
  double peak = 0;
  std::int64_t total_steps = 0;
  ScheduleConfig config;
};

KerasSchedule translated_schedule(const std::string& name, const json& arguments) {
  KerasSchedule out;
  out.peak = arguments.value("warmup_target", arguments.value("initial_learning_rate", 0.0));
  out.total_steps = arguments.value("warmup_steps", 0) + arguments.value("decay_steps", 0);
  out.config.warmup_epochs = arguments.value("warmup_steps", 0);
  out.config.warmup_start = arguments.value("initial_learning_rate", 0.0) / out.peak;
  out.config.final_factor = arguments.value("alpha", 0.0);
  if (name == "CosineDecay") {
    out.config.kind = ScheduleKind::cosine;
  } else if (name == "CosineDecayRestarts") {
    out.config.kind = ScheduleKind::cosine_restarts;
    out.config.restarts = {arguments["first_decay_steps"], arguments["t_mul"], arguments["m_mul"]};
  } else if (name == "ExponentialDecay") {
    out.config.kind = ScheduleKind::exponential;
    out.config.exponential = {arguments["decay_rate"], arguments["decay_steps"],
                              arguments["staircase"]};
  } else if (name == "PolynomialDecay") {
    out.config.kind = ScheduleKind::polynomial;
    out.config.final_factor = arguments["end_learning_rate"].get<double>() / out.peak;
    out.config.power = arguments["power"];
  } else if (name == "PiecewiseConstantDecay") {
    out.config.kind = ScheduleKind::steps;
    out.peak = arguments["values"][0];
    out.config.steps.epochs = arguments["boundaries"].get<std::vector<double>>();
    for (std::size_t i = 1; i < arguments["values"].size(); ++i) {
      out.config.steps.factors.push_back(arguments["values"][i].get<double>() / out.peak);
    }
  } else {
    ADD_FAILURE() << "no counterpart of " << name;
  }
  return out;
}

TEST(ScheduleGoldenTest, EqualsTheSchedulesOfBothKeras) {
  for (const auto& [version, rows] : golden()["schedules"].items()) {
    ASSERT_FALSE(rows.empty());
    for (const json& row : rows) {
      const KerasSchedule schedule = translated_schedule(row["schedule"], row["arguments"]);
      json got = json::array();
      for (const json& step : row["steps"]) {
        got.push_back(schedule.peak *
                      schedule_factor(schedule.config, step, schedule.total_steps, 1));
      }
      const std::string where = version + "/" + row["schedule"].get<std::string>();
      for (std::size_t i = 0; i < got.size(); ++i) {
        // Computed in float32 there: near zero the error is that of the peak's last digit.
        const double expected = row["learning_rate"][i];
        EXPECT_NEAR(expected, got[i].get<double>(), 1e-6 * expected + 1e-7 * schedule.peak)
            << where << " at step " << row["steps"][i];
      }
    }
  }
}

}  // namespace
}  // namespace xrayclf
