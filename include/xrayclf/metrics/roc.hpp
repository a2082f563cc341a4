#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace xrayclf {

/// Which points a ROC curve keeps: one per distinct score, or only those where it bends
/// (scikit-learn's drop_intermediate).
enum class RocPoints { all, corners };

/// Points of "positive when score >= threshold", thresholds descending from infinity, as
/// scikit-learn 1.9.1's roc_curve. A rate whose denominator is 0 is NaN throughout.
struct RocCurve {
  std::vector<double> thresholds;
  std::vector<std::int64_t> true_positives;
  std::vector<std::int64_t> false_positives;
  std::int64_t positives = 0;
  std::int64_t negatives = 0;

  std::size_t size() const { return thresholds.size(); }
  double sensitivity(std::size_t point) const;          ///< true positive rate
  double false_positive_rate(std::size_t point) const;  ///< 1 - specificity
};

/// A sample is positive where its flag is 1, else 0. `scores` are not NaN.
RocCurve roc_curve(std::span<const double> scores, std::span<const std::uint8_t> positive,
                   RocPoints points = RocPoints::all);

/// Area under the ROC curve = probability that a positive scores above a negative, ties one half
/// (Mann-Whitney), from integer counts. NaN without positives or without negatives.
double auroc(std::span<const double> scores, std::span<const std::uint8_t> positive);

/// A decision threshold and what it does.
struct OperatingPoint {
  std::size_t point = 0;  ///< index into the curve
  double threshold = 0;   ///< infinity: no sample is called positive
  double sensitivity = 0;
  double specificity = 0;
  std::int64_t tied = 1;  ///< points of the curve that are as good

  double youden() const { return sensitivity + specificity - 1; }
};

/// The point of greatest sensitivity + specificity - 1 (Youden 1950), compared in integers; among
/// equals the highest threshold. Empty without positives or without negatives.
std::optional<OperatingPoint> youden_point(const RocCurve& curve);

/// The point of greatest specificity among those of at least this sensitivity. Empty without
/// positives or without negatives.
std::optional<OperatingPoint> point_at_sensitivity(const RocCurve& curve, double sensitivity);
/// The point of greatest sensitivity among those of at least this specificity; among equals the
/// highest threshold. It may be the one that calls no sample positive (threshold infinity).
std::optional<OperatingPoint> point_at_specificity(const RocCurve& curve, double specificity);

/// The indicator of class c.
std::vector<std::uint8_t> is_class(std::span<const std::int64_t> truth, std::int64_t c);

}  // namespace xrayclf
