#include "xrayclf/callbacks/schedule.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "xrayclf/core/json_file.hpp"

namespace xrayclf {
namespace {

using nlohmann::json;

ScheduleConfig schedule(ScheduleKind kind) {
  ScheduleConfig config;
  config.kind = kind;
  return config;
}

TEST(ScheduleTest, WarmUpRisesLinearlyThenTheScheduleFillsTheRest) {
  ScheduleConfig config = schedule(ScheduleKind::cosine);
  config.warmup_epochs = 0.5;
  config.warmup_start = 0.2;
  config.final_factor = 0.1;
  // 10 steps an epoch, 2 epochs: 5 steps of warm-up, 15 of cosine.
  EXPECT_DOUBLE_EQ(schedule_factor(config, 0, 20, 10), 0.2);
  EXPECT_DOUBLE_EQ(schedule_factor(config, 1, 20, 10), 0.36);
  EXPECT_DOUBLE_EQ(schedule_factor(config, 5, 20, 10), 1.0);
  EXPECT_NEAR(schedule_factor(config, 10, 20, 10), 0.1 + 0.9 * 0.75, 1e-15);
  EXPECT_DOUBLE_EQ(schedule_factor(config, 20, 20, 10), 0.1);
  EXPECT_DOUBLE_EQ(schedule_factor(config, 999, 20, 10), 0.1);
}

TEST(ScheduleTest, ExponentialAndStepsCountInEpochs) {
  ScheduleConfig config = schedule(ScheduleKind::exponential);
  config.exponential = {0.5, 2, true};
  EXPECT_DOUBLE_EQ(schedule_factor(config, 7, 100, 4), 1.0);
  EXPECT_DOUBLE_EQ(schedule_factor(config, 8, 100, 4), 0.5);
  config = schedule(ScheduleKind::steps);
  config.steps = {{1, 2}, {0.1, 0.01}};
  EXPECT_DOUBLE_EQ(schedule_factor(config, 4, 100, 4), 1.0);
  EXPECT_DOUBLE_EQ(schedule_factor(config, 5, 100, 4), 0.1);
  EXPECT_DOUBLE_EQ(schedule_factor(config, 9, 100, 4), 0.01);
}

TEST(ScheduleTest, ConstantAndPlateauDoNotMove) {
  for (const auto kind : {ScheduleKind::constant, ScheduleKind::plateau}) {
    EXPECT_EQ(schedule_factor(schedule(kind), 0, 10, 5), 1.0);
    EXPECT_EQ(schedule_factor(schedule(kind), 9, 10, 5), 1.0);
  }
}

TEST(ScheduleTest, IsFiniteAndNotNegativeForEveryKindAndLength) {
  for (const auto& [kind, name] : EnumNames<ScheduleKind>::value) {
    for (std::int64_t total = 1; total <= 12; ++total) {
      for (const double peak_at : {0.0, 0.1, 0.3, 0.5, 1.0}) {
        for (const bool three_phases : {false, true}) {
          ScheduleConfig config = schedule(kind);
          config.one_cycle.peak_at = peak_at;
          config.one_cycle.three_phases = three_phases && peak_at <= 0.5;
          for (std::int64_t step = 0; step <= total; ++step) {
            const double factor = schedule_factor(config, step, total, 3);
            EXPECT_TRUE(std::isfinite(factor) && factor >= 0 && factor <= 1 + 1e-12)
                << name << " " << step << " of " << total << ", peak at " << peak_at << ": "
                << factor;
          }
        }
      }
    }
  }
}

TEST(ScheduleTest, RefusesWhatDoesNotFitTogether) {
  ScheduleConfig config = schedule(ScheduleKind::steps);
  config.steps = {{1, 2}, {0.1}};
  EXPECT_THROW(check_schedule(config, 100, 10), ConfigError);
  config.steps = {{2, 1}, {0.1, 0.01}};
  EXPECT_THROW(check_schedule(config, 100, 10), ConfigError);
  config = schedule(ScheduleKind::cosine);
  config.warmup_epochs = 10;
  EXPECT_THROW(check_schedule(config, 100, 10), ConfigError);
  config.warmup_epochs = 9;
  EXPECT_NO_THROW(check_schedule(config, 100, 10));
}

TEST(OneCycleGoldenTest, EqualsPyTorch) {
  const json golden = read_json_file(std::filesystem::path(XRAYCLF_TEST_DATA) / "golden" /
                                     "torch_schedules.json")["one_cycle"];
  ASSERT_FALSE(golden.empty());
  for (const json& row : golden) {
    const json& options = row["options"];
    ScheduleConfig config = schedule(ScheduleKind::one_cycle);
    config.one_cycle.peak_at = options.value("pct_start", 0.3);
    config.one_cycle.start_divisor = options.value("div_factor", 25.0);
    config.one_cycle.end_divisor = options.value("final_div_factor", 1e4);
    config.one_cycle.three_phases = options.value("three_phase", false);
    if (options.value("anneal_strategy", "cos") == "linear") {
      config.one_cycle.anneal = Anneal::linear;
    }
    const std::int64_t total = row["total_steps"];
    for (std::int64_t step = 0; step < total; ++step) {
      const double expected = row["factor"][static_cast<std::size_t>(step)];
      EXPECT_NEAR(schedule_factor(config, step, total, 5), expected, 1e-12 * expected + 1e-15)
          << options << " at " << step;
    }
  }
}

}  // namespace
}  // namespace xrayclf
