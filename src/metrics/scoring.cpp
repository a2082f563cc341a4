#include "xrayclf/metrics/scoring.hpp"

#include <algorithm>
#include <cmath>

namespace xrayclf {
namespace {

template <class Term>
double mean_over_rows(ProbabilityMatrix probabilities, Term term) {
  double sum = 0;
  for (std::int64_t i = 0; i < probabilities.rows(); ++i) sum += term(i);
  return sum / static_cast<double>(probabilities.rows());
}

/// Whether class c of equal probability comes before the true class.
bool wins_tie(TieRule rule, std::int64_t c, std::int64_t truth) {
  switch (rule) {
    case TieRule::lowest_index:
      return c < truth;
    case TieRule::highest_index:
      return c > truth;
    case TieRule::true_class:
      return false;
  }
  return false;
}

}  // namespace

double squared_error(std::span<const double> probabilities, std::int64_t truth) {
  double sum = 0;
  for (std::size_t c = 0; c < probabilities.size(); ++c) {
    const double error = probabilities[c] - (static_cast<std::int64_t>(c) == truth ? 1.0 : 0.0);
    sum += error * error;
  }
  return sum;
}

double negative_log_likelihood(std::span<const double> probabilities, std::int64_t truth,
                               double clip) {
  return -std::log(std::clamp(probabilities[static_cast<std::size_t>(truth)], clip, 1 - clip));
}

double brier_score(std::span<const std::int64_t> truth, ProbabilityMatrix probabilities) {
  return mean_over_rows(probabilities, [&](std::int64_t i) {
    return squared_error(probabilities.row(i), truth[static_cast<std::size_t>(i)]);
  });
}

double log_loss(std::span<const std::int64_t> truth, ProbabilityMatrix probabilities, double clip) {
  return mean_over_rows(probabilities, [&](std::int64_t i) {
    return negative_log_likelihood(probabilities.row(i), truth[static_cast<std::size_t>(i)], clip);
  });
}

double top_k_accuracy(std::span<const std::int64_t> truth, ProbabilityMatrix probabilities,
                      std::int64_t k, TieRule rule) {
  return mean_over_rows(probabilities, [&](std::int64_t i) {
    const std::int64_t t = truth[static_cast<std::size_t>(i)];
    const double own = probabilities(i, t);
    std::int64_t ahead = 0;
    for (std::int64_t c = 0; c < probabilities.classes; ++c) {
      const double p = probabilities(i, c);
      if (p > own || (p == own && c != t && wins_tie(rule, c, t))) ++ahead;
    }
    return ahead < k ? 1.0 : 0.0;
  });
}

}  // namespace xrayclf
