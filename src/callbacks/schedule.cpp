#include "xrayclf/callbacks/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace xrayclf {
namespace {

double half_cosine(double done) { return 0.5 * (1.0 + std::cos(std::numbers::pi * done)); }

/// Part of `length` that lies behind `step`, at most 1.
double part_done(double step, double length) {
  return length <= 0 ? 1.0 : std::min(step, length) / length;
}

double cosine_restarts(const CosineRestartsConfig& config, double final_factor, double epoch) {
  double start = 0;
  double length = config.first_epochs;
  double height = 1;
  while (epoch >= start + length) {
    start += length;
    length *= config.length_factor;
    height *= config.height_factor;
  }
  const double cosine = height * half_cosine((epoch - start) / length);
  return (1.0 - final_factor) * cosine + final_factor;
}

double exponential(const ExponentialConfig& config, double epoch) {
  const double exponent = epoch / config.epochs;
  return std::pow(config.rate, config.staircase ? std::floor(exponent) : exponent);
}

/// A step on the boundary still belongs to what comes before it, as in Keras.
double steps(const StepsConfig& config, double epoch) {
  double factor = 1;
  for (std::size_t i = 0; i < config.epochs.size() && epoch > config.epochs[i]; ++i) {
    factor = config.factors[i];
  }
  return factor;
}

struct CyclePhase {
  double end_step;
  double start_factor;
  double end_factor;
};

std::vector<CyclePhase> cycle_phases(const OneCycleConfig& config, double total_steps) {
  const double first = 1.0 / config.start_divisor;
  const double last = first / config.end_divisor;
  const double rise = config.peak_at * total_steps - 1.0;
  if (!config.three_phases) return {{rise, first, 1.0}, {total_steps - 1.0, 1.0, last}};
  return {{rise, first, 1.0},
          {2.0 * config.peak_at * total_steps - 2.0, 1.0, first},
          {total_steps - 1.0, first, last}};
}

double one_cycle(const OneCycleConfig& config, std::int64_t step, std::int64_t total_steps) {
  const auto at = static_cast<double>(std::min(step, total_steps - 1));
  const std::vector<CyclePhase> phases = cycle_phases(config, static_cast<double>(total_steps));
  std::size_t phase = 0;
  double start = 0;
  while (phase + 1 < phases.size() && at > phases[phase].end_step) start = phases[phase++].end_step;
  const auto& [end, from, to] = phases[phase];
  // PyTorch divides by zero where a phase has no length; such a phase is over at once.
  const double done = end == start ? 1.0 : (at - start) / (end - start);
  return config.anneal == Anneal::linear ? (to - from) * done + from
                                         : to + (from - to) * half_cosine(done);
}

std::int64_t warmup_steps(const ScheduleConfig& config, std::int64_t steps_per_epoch) {
  if (config.kind == ScheduleKind::one_cycle) return 0;
  return std::llround(config.warmup_epochs * static_cast<double>(steps_per_epoch));
}

}  // namespace

void check_schedule(const ScheduleConfig& config, std::int64_t total_steps,
                    std::int64_t steps_per_epoch) {
  if (config.steps.epochs.size() != config.steps.factors.size()) {
    throw ConfigError("schedule.steps needs as many factors as epochs, got " +
                      std::to_string(config.steps.factors.size()) + " and " +
                      std::to_string(config.steps.epochs.size()));
  }
  if (!std::is_sorted(config.steps.epochs.begin(), config.steps.epochs.end())) {
    throw ConfigError("schedule.steps.epochs must rise");
  }
  const std::int64_t warmup = warmup_steps(config, steps_per_epoch);
  if (warmup > 0 && warmup >= total_steps) {
    throw ConfigError("schedule.warmup_epochs asks for " + counted(warmup, "step") +
                      " of warm-up, but the phase has " + counted(total_steps, "step"));
  }
}

double schedule_factor(const ScheduleConfig& config, std::int64_t step, std::int64_t total_steps,
                       std::int64_t steps_per_epoch) {
  if (config.kind == ScheduleKind::one_cycle) {
    return one_cycle(config.one_cycle, step, total_steps);
  }
  const std::int64_t warmup = warmup_steps(config, steps_per_epoch);
  if (step < warmup) {
    return config.warmup_start +
           (1.0 - config.warmup_start) * static_cast<double>(step) / static_cast<double>(warmup);
  }
  const auto at = static_cast<double>(step - warmup);
  const double done = part_done(at, static_cast<double>(total_steps - warmup));
  const double epoch = at / static_cast<double>(steps_per_epoch);
  const double low = config.final_factor;
  switch (config.kind) {
    case ScheduleKind::cosine:
      return (1.0 - low) * half_cosine(done) + low;
    case ScheduleKind::cosine_restarts:
      return cosine_restarts(config.restarts, low, epoch);
    case ScheduleKind::exponential:
      return exponential(config.exponential, epoch);
    case ScheduleKind::polynomial:
      return (1.0 - low) * std::pow(1.0 - done, config.power) + low;
    case ScheduleKind::steps:
      return steps(config.steps, epoch);
    case ScheduleKind::constant:
    case ScheduleKind::one_cycle:
    case ScheduleKind::plateau:
      break;
  }
  return 1.0;
}

}  // namespace xrayclf
