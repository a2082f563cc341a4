#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace xrayclf {

/// Precision and recall of "positive when score >= threshold", thresholds ascending, then the
/// point (recall 0, precision 1) that has no threshold, as scikit-learn 1.9.1's
/// precision_recall_curve. Without positives recall is 1 by its convention.
struct PrecisionRecallCurve {
  std::vector<double> precision;
  std::vector<double> recall;
  std::vector<double> thresholds;  ///< one fewer than points
};
PrecisionRecallCurve precision_recall_curve(std::span<const double> scores,
                                            std::span<const std::uint8_t> positive);

/// Sum of (R_n - R_{n-1}) P_n over the thresholds, not interpolated. NaN without positives.
double average_precision(std::span<const double> scores, std::span<const std::uint8_t> positive);

}  // namespace xrayclf
