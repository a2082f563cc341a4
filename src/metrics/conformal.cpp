#include "xrayclf/metrics/conformal.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace xrayclf {
namespace {

/// ceil((n + 1) coverage); 0.9 times 10 must not become 10 by rounding.
std::int64_t rank_of(std::int64_t n, double coverage) {
  return static_cast<std::int64_t>(std::ceil(static_cast<double>(n + 1) * coverage - 1e-9));
}

double log_beta(double a, double b) { return std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b); }

}  // namespace

double conformal_score(std::span<const double> probabilities, std::int64_t label,
                       ConformalScore score) {
  const auto own = static_cast<std::size_t>(label);
  const double p = probabilities[own];
  if (score == ConformalScore::lac) return 1 - p;
  double mass = p;
  for (std::size_t c = 0; c < probabilities.size(); ++c) {
    const bool before = probabilities[c] > p || (probabilities[c] == p && c < own);
    mass += before ? probabilities[c] : 0;
  }
  return mass;
}

double conformal_quantile(std::vector<double> scores, double coverage) {
  const auto n = static_cast<std::int64_t>(scores.size());
  const std::int64_t rank = rank_of(n, coverage);
  if (rank > n) return std::numeric_limits<double>::infinity();
  const auto place = scores.begin() + std::max<std::int64_t>(rank - 1, 0);
  std::nth_element(scores.begin(), place, scores.end());
  return *place;
}

ConformalThresholds fit_conformal(std::span<const std::int64_t> truth,
                                  ProbabilityMatrix probabilities, const ConformalConfig& config) {
  const auto classes = static_cast<std::size_t>(probabilities.classes);
  std::vector<std::vector<double>> by_class(classes);
  std::vector<double> all;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    all.push_back(
        conformal_score(probabilities.row(static_cast<std::int64_t>(i)), truth[i], config.score));
    by_class[static_cast<std::size_t>(truth[i])].push_back(all.back());
  }
  ConformalThresholds out;
  out.config = config;
  for (const std::vector<double>& own : by_class) {
    const std::vector<double>& scores = config.class_conditional ? own : all;
    out.thresholds.push_back(conformal_quantile(scores, config.coverage));
    out.images.push_back(static_cast<std::int64_t>(scores.size()));
  }
  return out;
}

std::vector<std::int64_t> prediction_set(std::span<const double> probabilities,
                                         const ConformalThresholds& thresholds) {
  std::vector<std::int64_t> set;
  for (std::size_t c = 0; c < probabilities.size(); ++c) {
    const auto label = static_cast<std::int64_t>(c);
    if (conformal_score(probabilities, label, thresholds.config.score) <=
        thresholds.thresholds[c]) {
      set.push_back(label);
    }
  }
  return set;
}

Interval expected_coverage(std::int64_t calibrated, std::int64_t tested, double coverage,
                           double confidence) {
  const std::int64_t rank = rank_of(calibrated, coverage);
  if (rank > calibrated) return {1, 1};
  const auto a = static_cast<double>(rank);
  const auto b = static_cast<double>(calibrated + 1 - rank);
  const auto n = static_cast<double>(tested);
  const double tail = (1 - confidence) / 2;
  Interval out{0, 1};
  double below = 0;
  bool low_found = false;
  for (std::int64_t i = 0; i <= tested; ++i) {
    const auto x = static_cast<double>(i);
    below += std::exp(log_beta(x + a, n - x + b) - log_beta(a, b) - log_beta(x + 1, n - x + 1)) /
             (n + 1);
    if (!low_found && below >= tail) {
      out.low = x / n;
      low_found = true;
    }
    if (below >= 1 - tail) {
      out.high = x / n;
      break;
    }
  }
  return out;
}

}  // namespace xrayclf
