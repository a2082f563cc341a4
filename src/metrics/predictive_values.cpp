#include "xrayclf/metrics/predictive_values.hpp"

#include <cmath>

#include "xrayclf/metrics/proportion.hpp"

namespace xrayclf {
namespace {

bool on_edge(const RightCalls& calls) { return calls.right <= 0 || calls.right >= calls.images; }

RightCalls with_pseudo_counts(const RightCalls& calls, double z) {
  return {calls.right + z * z / 2, calls.images + z * z};
}

/// Variance of the logarithm of a share of `images`.
double log_variance(double share, double images) { return (1 - share) / (share * images); }

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

/// The probability of belonging to a group of prior `prior` after a call that `share` of its
/// `images` get, and `other_share` of the others.
PredictiveValue predictive_value(const RightCalls& own, const RightCalls& other, double prior,
                                 double confidence) {
  PredictiveValue out;
  const double wanted = own.rate() * prior;
  out.value = wanted / (wanted + (1 - other.rate()) * (1 - prior));
  const double z = normal_quantile_two_sided(confidence);
  out.adjusted = on_edge(own) || on_edge(other);
  const RightCalls a = out.adjusted ? with_pseudo_counts(own, z) : own;
  const RightCalls b = out.adjusted ? with_pseudo_counts(other, z) : other;
  const double centre = std::log(a.rate() * prior / ((1 - b.rate()) * (1 - prior)));
  const double half =
      z * std::sqrt(log_variance(a.rate(), a.images) + log_variance(1 - b.rate(), b.images));
  out.interval = {logistic(centre - half), logistic(centre + half)};
  return out;
}

}  // namespace

PredictiveValue positive_predictive_value(const RightCalls& sick, const RightCalls& rest,
                                          double prevalence, double confidence) {
  return predictive_value(sick, rest, prevalence, confidence);
}

PredictiveValue negative_predictive_value(const RightCalls& sick, const RightCalls& rest,
                                          double prevalence, double confidence) {
  return predictive_value(rest, sick, 1 - prevalence, confidence);
}

}  // namespace xrayclf
