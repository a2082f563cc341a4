#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

namespace xrayclf::testing {

/// Kolmogorov's statistic sqrt(n) D of draws against a continuous distribution. Above 2.2 with
/// probability 1e-4 if the draws follow it.
inline double kolmogorov(std::vector<double> draws, const std::function<double(double)>& cdf) {
  std::sort(draws.begin(), draws.end());
  const double n = static_cast<double>(draws.size());
  double largest = 0;
  for (std::size_t i = 0; i < draws.size(); ++i) {
    const double at = cdf(draws[i]);
    const double rank = static_cast<double>(i);
    largest = std::max({largest, at - rank / n, (rank + 1) / n - at});
  }
  return std::sqrt(n) * largest;
}

inline double kolmogorov_uniform(const std::vector<double>& draws, double low, double high) {
  return kolmogorov(draws,
                    [=](double x) { return std::clamp((x - low) / (high - low), 0.0, 1.0); });
}

/// Pearson's chi-square of counts against probabilities.
inline double chi_square(const std::vector<double>& counts,
                         const std::vector<double>& probabilities) {
  double total = 0;
  for (const double count : counts) total += count;
  double sum = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double expected = total * probabilities[i];
    sum += (counts[i] - expected) * (counts[i] - expected) / expected;
  }
  return sum;
}

constexpr double kKolmogorovLimit = 2.2;
/// The 1e-4 quantiles of chi-square with few degrees of freedom, rounded up.
constexpr double kChiSquareLimit1 = 15.2;
constexpr double kChiSquareLimit2 = 18.5;
constexpr double kChiSquareLimit9 = 33.8;

}  // namespace xrayclf::testing
