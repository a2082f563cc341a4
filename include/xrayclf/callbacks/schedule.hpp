#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "xrayclf/core/fields.hpp"

namespace xrayclf {

/// How the learning rate moves within a phase. `plateau` is constant here: the rate that the factor
/// multiplies then follows ReduceLearningRate.
enum class ScheduleKind {
  constant,
  cosine,
  cosine_restarts,
  exponential,
  polynomial,
  steps,
  one_cycle,
  plateau
};
template <>
struct EnumNames<ScheduleKind> {
  static constexpr std::array<std::pair<ScheduleKind, std::string_view>, 8> value{
      {{ScheduleKind::constant, "constant"},
       {ScheduleKind::cosine, "cosine"},
       {ScheduleKind::cosine_restarts, "cosine_restarts"},
       {ScheduleKind::exponential, "exponential"},
       {ScheduleKind::polynomial, "polynomial"},
       {ScheduleKind::steps, "steps"},
       {ScheduleKind::one_cycle, "one_cycle"},
       {ScheduleKind::plateau, "plateau"}}};
};

enum class Anneal { cosine, linear };
template <>
struct EnumNames<Anneal> {
  static constexpr std::array<std::pair<Anneal, std::string_view>, 2> value{
      {{Anneal::cosine, "cos"}, {Anneal::linear, "linear"}}};
};

struct ExponentialConfig {
  double rate = 0.9;
  double epochs = 1;
  bool staircase = false;

  template <class Field>
  static void fields(Field&& field) {
    using C = ExponentialConfig;
    field("rate", &C::rate, "The learning rate is multiplied by it", above(0.0));
    field("epochs", &C::epochs, "Time of one multiplication", above(0.0), Unit{"epochs"});
    field("staircase", &C::staircase, "In jumps rather than step by step");
  }
};

struct CosineRestartsConfig {
  double first_epochs = 10;
  double length_factor = 2;
  double height_factor = 1;

  template <class Field>
  static void fields(Field&& field) {
    using C = CosineRestartsConfig;
    field("first_epochs", &C::first_epochs, "Length of the first period", above(0.0),
          Unit{"epochs"});
    field("length_factor", &C::length_factor, "Each period's length by the one before",
          at_least(1.0));
    field("height_factor", &C::height_factor, "Each period's first rate by the one before",
          above(0.0));
  }
};

/// After epochs[i] the factor is factors[i]; before the first it is 1.
struct StepsConfig {
  std::vector<double> epochs;
  std::vector<double> factors;

  template <class Field>
  static void fields(Field&& field) {
    field("epochs", &StepsConfig::epochs, "When the learning rate changes, rising", Unit{"epochs"});
    field("factors", &StepsConfig::factors, "Its factor from there on, one for each time");
  }
};

/// PyTorch's OneCycleLR without its cycle of the momentum; the optimiser's learning rate is the
/// peak.
struct OneCycleConfig {
  double peak_at = 0.3;
  double start_divisor = 25;
  double end_divisor = 1e4;
  Anneal anneal = Anneal::cosine;
  bool three_phases = false;

  template <class Field>
  static void fields(Field&& field) {
    using C = OneCycleConfig;
    field("peak_at", &C::peak_at, "Part of the run in which the rate rises", in_range(0.0, 1.0));
    field("start_divisor", &C::start_divisor, "The peak by the first rate", above(0.0));
    field("end_divisor", &C::end_divisor, "The first rate by the last", above(0.0));
    field("anneal", &C::anneal, "Curve between the points");
    field("three_phases", &C::three_phases,
          "Fall as long as it rose, back to the first rate, before the last descent");
  }
};

struct ScheduleConfig {
  ScheduleKind kind = ScheduleKind::constant;
  double warmup_epochs = 0;
  double warmup_start = 0;
  double final_factor = 0;
  double power = 1;
  ExponentialConfig exponential;
  CosineRestartsConfig restarts;
  StepsConfig steps;
  OneCycleConfig one_cycle;

  template <class Field>
  static void fields(Field&& field) {
    using C = ScheduleConfig;
    field("kind", &C::kind, "How the learning rate moves");
    field("warmup_epochs", &C::warmup_epochs,
          "Linear rise at first, before the schedule begins (not with one_cycle)", at_least(0.0),
          Unit{"epochs"});
    field("warmup_start", &C::warmup_start, "Factor of the very first step of the warm-up",
          in_range(0.0, 1.0));
    field("final_factor", &C::final_factor, "Factor at the end of cosine and polynomial",
          in_range(0.0, 1.0));
    field("power", &C::power, "Exponent of polynomial", above(0.0));
    field("exponential", &C::exponential, "Of the exponential schedule");
    field("restarts", &C::restarts, "Of the cosine schedule with restarts");
    field("steps", &C::steps, "Of the schedule in steps");
    field("one_cycle", &C::one_cycle, "Of the one-cycle schedule");
  }
};

/// Demands between fields: as many factors as times, rising times, a warm-up shorter than the run.
/// Throws ConfigError.
void check_schedule(const ScheduleConfig& config, std::int64_t total_steps,
                    std::int64_t steps_per_epoch);

/// What the learning rate is multiplied by at optimiser step `step` (from 0) of `total_steps`.
/// After the end the last value holds. A pure function: a resumed run needs no state of it.
/// Formulas: Keras's CosineDecay, CosineDecayRestarts, ExponentialDecay, PolynomialDecay and
/// PiecewiseConstantDecay (equal in 2.13 and 3.15), in double; PyTorch 2.13's OneCycleLR.
/// The warm-up takes warmup_epochs * steps_per_epoch steps, rounded; the schedule fills the rest.
double schedule_factor(const ScheduleConfig& config, std::int64_t step, std::int64_t total_steps,
                       std::int64_t steps_per_epoch);

}  // namespace xrayclf
