#include "xrayclf/metrics/roc.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "xrayclf/core/numbers.hpp"
#include "xrayclf/metrics/ranking.hpp"

namespace xrayclf {
namespace {

double rate(std::int64_t count, std::int64_t total) {
  return total == 0 ? kNan : static_cast<double>(count) / static_cast<double>(total);
}

/// Drops the points at which neither count bends.
void keep_corners(RocCurve& curve) {
  const std::size_t n = curve.size();
  if (n <= 2) return;
  const auto bends = [&](const std::vector<std::int64_t>& counts, std::size_t i) {
    return counts[i + 1] - 2 * counts[i] + counts[i - 1] != 0;
  };
  RocCurve kept;
  for (std::size_t i = 0; i < n; ++i) {
    if (i == 0 || i + 1 == n || bends(curve.true_positives, i) || bends(curve.false_positives, i)) {
      kept.thresholds.push_back(curve.thresholds[i]);
      kept.true_positives.push_back(curve.true_positives[i]);
      kept.false_positives.push_back(curve.false_positives[i]);
    }
  }
  kept.positives = curve.positives;
  kept.negatives = curve.negatives;
  curve = std::move(kept);
}

/// Shares that are equal by counts may differ by rounding.
constexpr double kRounding = 1e-12;

OperatingPoint operating_point(const RocCurve& curve, std::size_t point) {
  return {point, curve.thresholds[point], curve.sensitivity(point),
          1 - curve.false_positive_rate(point), 1};
}

}  // namespace

double RocCurve::sensitivity(std::size_t point) const {
  return rate(true_positives[point], positives);
}
double RocCurve::false_positive_rate(std::size_t point) const {
  return rate(false_positives[point], negatives);
}

RocCurve roc_curve(std::span<const double> scores, std::span<const std::uint8_t> positive,
                   RocPoints points) {
  const std::vector<std::int64_t> order = descending_order(scores);
  RocCurve curve;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto sample = static_cast<std::size_t>(order[i]);
    (positive[sample] ? curve.positives : curve.negatives) += 1;
    const bool last_of_tie =
        i + 1 == order.size() || scores[static_cast<std::size_t>(order[i + 1])] != scores[sample];
    if (!last_of_tie) continue;
    curve.thresholds.push_back(scores[sample]);
    curve.true_positives.push_back(curve.positives);
    curve.false_positives.push_back(curve.negatives);
  }
  if (points == RocPoints::corners) keep_corners(curve);
  curve.thresholds.insert(curve.thresholds.begin(), std::numeric_limits<double>::infinity());
  curve.true_positives.insert(curve.true_positives.begin(), 0);
  curve.false_positives.insert(curve.false_positives.begin(), 0);
  return curve;
}

double auroc(std::span<const double> scores, std::span<const std::uint8_t> positive) {
  const std::vector<std::int64_t> labels(positive.begin(), positive.end());
  const std::vector<std::int64_t> once(scores.size(), 1);
  const Ranking::Areas areas = Ranking(scores, labels, 1, 2).areas(once);
  return rate(areas.half_wins[0], 2 * areas.support[0] * areas.support[1]);
}

std::optional<OperatingPoint> youden_point(const RocCurve& curve) {
  if (curve.positives == 0 || curve.negatives == 0) return std::nullopt;
  const auto scaled = [&](std::size_t i) {
    return curve.true_positives[i] * curve.negatives - curve.false_positives[i] * curve.positives;
  };
  OperatingPoint best;
  for (std::size_t i = 1; i < curve.size(); ++i) {
    if (scaled(i) > scaled(best.point)) {
      best.point = i;
      best.tied = 1;
    } else if (scaled(i) == scaled(best.point)) {
      ++best.tied;
    }
  }
  const std::int64_t tied = best.tied;
  best = operating_point(curve, best.point);
  best.tied = tied;
  return best;
}

std::optional<OperatingPoint> point_at_sensitivity(const RocCurve& curve, double sensitivity) {
  if (curve.positives == 0 || curve.negatives == 0) return std::nullopt;
  std::size_t point = 0;
  while (point + 1 < curve.size() && curve.sensitivity(point) < sensitivity - kRounding) ++point;
  return operating_point(curve, point);
}

std::optional<OperatingPoint> point_at_specificity(const RocCurve& curve, double specificity) {
  if (curve.positives == 0 || curve.negatives == 0) return std::nullopt;
  std::size_t best = 0;
  for (std::size_t i = 1; i < curve.size(); ++i) {
    if (1 - curve.false_positive_rate(i) < specificity - kRounding) break;
    if (curve.true_positives[i] > curve.true_positives[best]) best = i;
  }
  return operating_point(curve, best);
}

std::vector<std::uint8_t> is_class(std::span<const std::int64_t> truth, std::int64_t c) {
  std::vector<std::uint8_t> out(truth.size());
  std::transform(truth.begin(), truth.end(), out.begin(),
                 [c](std::int64_t t) { return static_cast<std::uint8_t>(t == c); });
  return out;
}

}  // namespace xrayclf
