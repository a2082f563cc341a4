#include "xrayclf/metrics/bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_map>

#include "xrayclf/core/parallel.hpp"
#include "xrayclf/core/random.hpp"

namespace xrayclf {

SampleGroups singleton_groups(std::size_t samples) {
  SampleGroups out;
  out.of_sample.resize(samples);
  std::iota(out.of_sample.begin(), out.of_sample.end(), std::int64_t{0});
  out.count = static_cast<std::int64_t>(samples);
  return out;
}

SampleGroups groups_by_name(std::span<const std::string> names) {
  SampleGroups out;
  std::unordered_map<std::string, std::int64_t> known;
  for (const std::string& name : names) {
    if (name.empty()) {
      out.of_sample.push_back(out.count++);
      continue;
    }
    const auto [entry, is_new] = known.emplace(name, out.count);
    if (is_new) ++out.count;
    out.of_sample.push_back(entry->second);
  }
  return out;
}

std::vector<std::int64_t> sample_counts(const SampleGroups& groups,
                                        std::span<const std::int64_t> drawn) {
  std::vector<std::int64_t> of_group(static_cast<std::size_t>(groups.count), 0);
  for (const std::int64_t group : drawn) ++of_group[static_cast<std::size_t>(group)];
  std::vector<std::int64_t> counts;
  counts.reserve(groups.of_sample.size());
  for (const std::int64_t group : groups.of_sample) {
    counts.push_back(of_group[static_cast<std::size_t>(group)]);
  }
  return counts;
}

std::vector<std::vector<double>> bootstrap(const SampleGroups& groups, std::int64_t samples,
                                           std::uint64_t seed, std::int64_t workers,
                                           const ResampleStatistics& statistics) {
  std::vector<std::vector<double>> by_draw(static_cast<std::size_t>(samples));
  parallel_for(samples, workers, [&](std::int64_t draw) {
    Random random(derive_seed(seed, {static_cast<std::uint64_t>(draw)}));
    std::vector<std::int64_t> drawn(static_cast<std::size_t>(groups.count));
    for (std::int64_t& group : drawn) {
      group = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(groups.count)));
    }
    by_draw[static_cast<std::size_t>(draw)] = statistics(sample_counts(groups, drawn));
  });
  std::vector<std::vector<double>> by_statistic;
  for (std::size_t s = 0; !by_draw.empty() && s < by_draw.front().size(); ++s) {
    std::vector<double> draws;
    draws.reserve(by_draw.size());
    for (const std::vector<double>& values : by_draw) draws.push_back(values[s]);
    by_statistic.push_back(std::move(draws));
  }
  return by_statistic;
}

double quantile(std::span<const double> sorted, double q) {
  if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double position = static_cast<double>(sorted.size() - 1) * q;
  const auto below = static_cast<std::size_t>(position);
  if (below + 1 >= sorted.size()) return sorted.back();
  const double fraction = position - static_cast<double>(below);
  return sorted[below] + fraction * (sorted[below + 1] - sorted[below]);
}

Interval BootstrapSummary::interval(double confidence) const {
  return {quantile(sorted, (1 - confidence) / 2), quantile(sorted, (1 + confidence) / 2)};
}

BootstrapSummary summarise_draws(std::span<const double> draws) {
  BootstrapSummary out;
  for (const double value : draws) {
    if (std::isnan(value)) {
      ++out.undefined;
    } else {
      out.sorted.push_back(value);
    }
  }
  std::sort(out.sorted.begin(), out.sorted.end());
  const auto n = static_cast<double>(out.sorted.size());
  out.mean = std::accumulate(out.sorted.begin(), out.sorted.end(), 0.0) / n;
  double squares = 0;
  for (const double value : out.sorted) squares += (value - out.mean) * (value - out.mean);
  out.error = std::sqrt(squares / (n - 1));
  return out;
}

}  // namespace xrayclf
