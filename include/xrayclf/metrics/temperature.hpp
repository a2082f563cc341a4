#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "xrayclf/metrics/probabilities.hpp"

namespace xrayclf {

/// Where the best temperature lies: inside the range; at its lower bound (every sample right, so
/// that sharper is always better); at its upper bound (worse than chance); or anywhere, because the
/// model is constant. Only `interior` is a fit.
enum class TemperaturePlace { interior, lower_bound, upper_bound, flat };

struct TemperatureFit {
  double temperature = 1;
  TemperaturePlace place = TemperaturePlace::flat;
  double nll_before = 0;  ///< mean negative log likelihood at temperature 1
  double nll_after = 0;
};

inline constexpr double kLowestTemperature = 0.01;
inline constexpr double kHighestTemperature = 100;

/// Temperature scaling (Guo et al. 2017): the T in [0.01, 100] that minimises the mean negative
/// log likelihood of softmax(logits / T). The likelihood is convex in 1/T, so the root of its slope
/// is the minimum. `logits` are n x k, row-major, finite.
TemperatureFit fit_temperature(std::span<const std::int64_t> truth, ProbabilityMatrix logits);

/// ln(max(p, 1e-12)): logits that give these probabilities, up to a constant per row.
std::vector<double> logits_of(ProbabilityMatrix probabilities);

/// softmax(logits / temperature), row by row.
std::vector<double> softmax(ProbabilityMatrix logits, double temperature = 1);

}  // namespace xrayclf
