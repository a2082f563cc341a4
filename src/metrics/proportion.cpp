#include "xrayclf/metrics/proportion.hpp"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>

namespace xrayclf {

double normal_quantile_two_sided(double confidence) {
  return boost::math::quantile(
      boost::math::complement(boost::math::normal(), (1 - confidence) / 2));
}

Interval wilson_interval(double successes, double trials, double confidence) {
  const double z = normal_quantile_two_sided(confidence);
  const double p = successes / trials;
  const double shrink = 1 + z * z / trials;
  const double centre = (p + z * z / (2 * trials)) / shrink;
  const double half = z / shrink * std::sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials));
  // The ends at 0 and 1 are exact; rounding would miss them by a hair.
  return {successes <= 0 ? 0.0 : std::max(0.0, centre - half),
          successes >= trials ? 1.0 : std::min(1.0, centre + half)};
}

Interval clopper_pearson_interval(std::int64_t successes, std::int64_t trials, double confidence) {
  const double tail = (1 - confidence) / 2;
  const auto x = static_cast<double>(successes);
  const auto n = static_cast<double>(trials);
  return {successes == 0 ? 0.0 : boost::math::ibeta_inv(x, n - x + 1, tail),
          successes == trials ? 1.0 : boost::math::ibetac_inv(x + 1, n - x, tail)};
}

Interval agresti_coull_interval(std::int64_t successes, std::int64_t trials, double confidence) {
  const double z = normal_quantile_two_sided(confidence);
  const double n = static_cast<double>(trials) + z * z;
  const double p = (static_cast<double>(successes) + z * z / 2) / n;
  const double half = z * std::sqrt(p * (1 - p) / n);
  return {std::max(0.0, p - half), std::min(1.0, p + half)};
}

double design_effect(std::span<const ClusterCount> clusters) {
  std::int64_t successes = 0;
  std::int64_t trials = 0;
  std::int64_t used = 0;
  for (const ClusterCount& cluster : clusters) {
    successes += cluster.successes;
    trials += cluster.trials;
    used += cluster.trials > 0 ? 1 : 0;
  }
  if (used == 0) return 1;
  const auto n = static_cast<double>(trials);
  const auto count = static_cast<double>(used);
  if (used == 1 || successes == 0 || successes == trials) return n / count;
  const double p = static_cast<double>(successes) / n;
  double squares = 0;
  for (const ClusterCount& cluster : clusters) {
    const double residual =
        static_cast<double>(cluster.successes) - p * static_cast<double>(cluster.trials);
    squares += residual * residual;
  }
  const double variance = count / (count - 1) * squares / (n * n);
  return std::max(1.0, variance * n / (p * (1 - p)));
}

}  // namespace xrayclf
