#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "xrayclf/metrics/probabilities.hpp"

namespace xrayclf {

/// Shannon's entropy of a distribution in nats, from 0 to ln(classes).
double entropy(std::span<const double> probabilities);

/// How far voices about one image disagree (Houlsby et al. 2011, "BALD"): the entropy of their
/// weighted mean less the weighted mean of their entropies, in nats, never below 0. One row a
/// voice; weights sum to 1, empty for equal ones.
double mutual_information(ProbabilityMatrix voices, std::span<const double> weights = {});

/// Errors among those that are answered, when the least certain are left unanswered (El-Yaniv &
/// Wiener 2010). A point for each confidence that occurs, highest first: equal ones are answered
/// together.
struct RiskCoverage {
  std::vector<double> coverage;   ///< share answered, rising to 1
  std::vector<double> risk;       ///< share of errors among them
  std::vector<double> threshold;  ///< lowest confidence that is answered
  /// AURC (Geifman & El-Yaniv 2017): the mean, over m = 1 ... n, of the risk of the m most certain;
  /// within equal confidences the expectation over their orders.
  double area = 0;
  double area_at_best = 0;    ///< were every error less certain than every right answer
  double area_at_random = 0;  ///< were confidence unrelated to errors: the share of all errors
};

/// `right[i]` is 1 where answer i is right, else 0; `confidence` not NaN. At least one answer.
RiskCoverage risk_coverage(std::span<const double> confidence, std::span<const std::int64_t> right);

/// The lowest confidence down to which the curve's risk is at most `max_risk`; infinite where even
/// the most certain answers are wrong more often.
double confidence_for_risk(const RiskCoverage& curve, double max_risk);

}  // namespace xrayclf
