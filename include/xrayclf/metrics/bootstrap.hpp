#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "xrayclf/metrics/interval.hpp"

namespace xrayclf {

/// Samples that are drawn together: group numbers 0 ... count-1, one per sample.
struct SampleGroups {
  std::vector<std::int64_t> of_sample;
  std::int64_t count = 0;

  bool singletons() const { return count == static_cast<std::int64_t>(of_sample.size()); }
};
/// Each sample alone.
SampleGroups singleton_groups(std::size_t samples);
/// Equal names together; a sample with the name "" stands alone.
SampleGroups groups_by_name(std::span<const std::string> names);

/// How often each sample occurs when these groups are drawn (each as often as it is named).
std::vector<std::int64_t> sample_counts(const SampleGroups& groups,
                                        std::span<const std::int64_t> drawn);

/// Values of some statistics for a resample in which sample i occurs counts[i] times; NaN where
/// undefined. Called from several threads at once.
using ResampleStatistics = std::function<std::vector<double>(std::span<const std::int64_t> counts)>;

/// Bootstrap (Efron 1979) over groups: `samples` times draws groups.count groups with replacement
/// and takes all samples of each. Returns, by statistic, its value in each draw. A function of
/// `seed` alone, whatever the number of workers (0 = all processors).
std::vector<std::vector<double>> bootstrap(const SampleGroups& groups, std::int64_t samples,
                                           std::uint64_t seed, std::int64_t workers,
                                           const ResampleStatistics& statistics);

/// The value at (n - 1) q of sorted values, interpolated (Hyndman & Fan type 7, numpy's default).
double quantile(std::span<const double> sorted, double q);

/// The draws of one statistic.
struct BootstrapSummary {
  std::int64_t undefined = 0;  ///< draws that are NaN, left out of the rest
  double mean = 0;
  double error = 0;            ///< standard deviation with n - 1
  std::vector<double> sorted;  ///< the defined draws

  /// Percentile interval; NaN without defined draws.
  Interval interval(double confidence = 0.95) const;
};
BootstrapSummary summarise_draws(std::span<const double> draws);

}  // namespace xrayclf
