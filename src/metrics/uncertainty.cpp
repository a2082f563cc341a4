#include "xrayclf/metrics/uncertainty.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "xrayclf/metrics/ranking.hpp"

namespace xrayclf {

double entropy(std::span<const double> probabilities) {
  double sum = 0;
  for (const double p : probabilities) sum -= p > 0 ? p * std::log(p) : 0;
  return std::max(sum, 0.0);
}

double mutual_information(ProbabilityMatrix voices, std::span<const double> weights) {
  std::vector<double> mean(static_cast<std::size_t>(voices.classes), 0.0);
  double entropies = 0;
  for (std::int64_t v = 0; v < voices.rows(); ++v) {
    const double weight = weights.empty() ? 1.0 / static_cast<double>(voices.rows())
                                          : weights[static_cast<std::size_t>(v)];
    const std::span<const double> row = voices.row(v);
    for (std::size_t c = 0; c < row.size(); ++c) mean[c] += weight * row[c];
    entropies += weight * entropy(row);
  }
  return std::max(entropy(mean) - entropies, 0.0);
}

RiskCoverage risk_coverage(std::span<const double> confidence,
                           std::span<const std::int64_t> right) {
  const auto n = static_cast<double>(right.size());
  const std::vector<std::int64_t> order = descending_order(confidence);
  RiskCoverage out;
  double errors = 0;
  for (std::size_t first = 0; first < order.size();) {
    const double value = confidence[static_cast<std::size_t>(order[first])];
    std::size_t last = first;
    double tied_errors = 0;
    for (; last < order.size(); ++last) {
      const auto i = static_cast<std::size_t>(order[last]);
      if (confidence[i] != value) break;
      tied_errors += right[i] != 0 ? 0 : 1;
    }
    const double share = tied_errors / static_cast<double>(last - first);
    for (std::size_t m = first + 1; m <= last; ++m) {
      out.area += (errors + share * static_cast<double>(m - first)) / static_cast<double>(m) / n;
    }
    errors += tied_errors;
    out.coverage.push_back(static_cast<double>(last) / n);
    out.risk.push_back(errors / static_cast<double>(last));
    out.threshold.push_back(value);
    first = last;
  }
  out.area_at_random = errors / n;
  for (double m = n - errors + 1; m <= n; ++m) out.area_at_best += (m - (n - errors)) / m / n;
  return out;
}

double confidence_for_risk(const RiskCoverage& curve, double max_risk) {
  for (std::size_t i = curve.risk.size(); i-- > 0;) {
    if (curve.risk[i] <= max_risk) return curve.threshold[i];
  }
  return std::numeric_limits<double>::infinity();
}

}  // namespace xrayclf
