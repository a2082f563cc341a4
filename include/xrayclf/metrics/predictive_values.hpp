#pragma once

#include "xrayclf/metrics/interval.hpp"

namespace xrayclf {

/// Images of which a share was called rightly: of the sick (sensitivity) or of the rest
/// (specificity). Counts may be fractional, as effective sizes are.
struct RightCalls {
  double right = 0;
  double images = 0;

  double rate() const { return right / images; }
};

/// A predictive value at another prevalence than that of the data.
struct PredictiveValue {
  double value = 0;  ///< NaN where nothing would be called so
  Interval interval;
  /// Sensitivity or specificity is 0 or 1, so that the interval is the adjusted one, around
  /// counts with z^2 / 2 added.
  bool adjusted = false;
};

/// Bayes' rule at `prevalence` in (0, 1) with the logit interval of Mercaldo, Lau & Zhou
/// (Statistics in Medicine 26 (2007) 2170-2183), which takes the prevalence as known; where
/// sensitivity or specificity is 0 or 1 their adjusted logit interval. Both groups have images.
PredictiveValue positive_predictive_value(const RightCalls& sick, const RightCalls& rest,
                                          double prevalence, double confidence = 0.95);
PredictiveValue negative_predictive_value(const RightCalls& sick, const RightCalls& rest,
                                          double prevalence, double confidence = 0.95);

}  // namespace xrayclf
