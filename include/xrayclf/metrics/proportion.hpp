#pragma once

#include <cstdint>
#include <span>

#include "xrayclf/metrics/interval.hpp"

namespace xrayclf {

/// The z with P(|Z| <= z) = confidence for a standard normal Z: 1.96 for 0.95.
double normal_quantile_two_sided(double confidence);

/// Wilson's score interval (1927). Counts may be fractional, as effective sizes are; trials > 0.
Interval wilson_interval(double successes, double trials, double confidence = 0.95);

/// Clopper-Pearson (1934), exact and conservative: quantiles of Beta(x, n-x+1) and Beta(x+1, n-x).
Interval clopper_pearson_interval(std::int64_t successes, std::int64_t trials,
                                  double confidence = 0.95);

/// Agresti & Coull (1998), clipped to [0, 1].
Interval agresti_coull_interval(std::int64_t successes, std::int64_t trials,
                                double confidence = 0.95);

/// Successes among the trials of one cluster (patient).
struct ClusterCount {
  std::int64_t successes = 0;
  std::int64_t trials = 0;
};

/// How many times larger the variance of a proportion is than for independent trials: the ratio
/// estimator of Rao & Scott (Biometrics 48, 1992). At least 1, so that allowing for clusters never
/// narrows an interval. Where the data cannot tell (no successes, no failures, or one cluster)
/// trials of a cluster are taken as copies of each other: the mean cluster size. Clusters without
/// trials are passed over.
double design_effect(std::span<const ClusterCount> clusters);

}  // namespace xrayclf
