#pragma once

#include <cstdint>
#include <span>

#include "xrayclf/metrics/probabilities.hpp"

namespace xrayclf {

/// Probabilities are kept this far from 0 and 1 under the logarithm: the double epsilon, as
/// scikit-learn 1.9.1 does for doubles. Keras clips at 1e-7.
inline constexpr double kLogLossClip = 2.220446049250313e-16;

/// Sum over the classes of (p_c - [c is the truth])^2, in [0, 2]. Half of it is the usual Brier
/// score of two classes.
double squared_error(std::span<const double> probabilities, std::int64_t truth);

/// -ln p of the true class, p clipped to [clip, 1 - clip].
double negative_log_likelihood(std::span<const double> probabilities, std::int64_t truth,
                               double clip = kLogLossClip);

/// Mean of squared_error (Brier 1950).
double brier_score(std::span<const std::int64_t> truth, ProbabilityMatrix probabilities);

/// Mean of negative_log_likelihood; rows are not renormalised.
double log_loss(std::span<const std::int64_t> truth, ProbabilityMatrix probabilities,
                double clip = kLogLossClip);

/// Which of several equal probabilities comes first: the lowest class index, consistent with the
/// prediction; the highest, as scikit-learn's top_k_accuracy_score; or the true class.
enum class TieRule { lowest_index, highest_index, true_class };

/// Share of samples whose true class is among the k largest probabilities.
double top_k_accuracy(std::span<const std::int64_t> truth, ProbabilityMatrix probabilities,
                      std::int64_t k, TieRule rule = TieRule::lowest_index);

}  // namespace xrayclf
