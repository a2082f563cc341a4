#include "xrayclf/metrics/curve_band.hpp"

#include "xrayclf/core/numbers.hpp"
#include "xrayclf/metrics/ranking.hpp"

namespace xrayclf {
namespace {

constexpr std::size_t kSteps = 100;

double grid_point(std::size_t step) { return static_cast<double>(step) / kSteps; }

/// Samples in the order of falling scores.
struct Ranked {
  std::vector<std::size_t> sample;
  std::vector<bool> positive;
  std::vector<bool> last_of_tie;
};

Ranked rank(std::span<const double> scores, std::span<const std::uint8_t> positive) {
  Ranked out;
  for (const std::int64_t i : descending_order(scores)) {
    const auto sample = static_cast<std::size_t>(i);
    if (!out.sample.empty() && scores[out.sample.back()] == scores[sample]) {
      out.last_of_tie.back() = false;
    }
    out.sample.push_back(sample);
    out.positive.push_back(positive[sample] == 1);
    out.last_of_tie.push_back(true);
  }
  return out;
}

/// Counts above a threshold, from the highest threshold on; the first point is (0, 0).
struct Point {
  double positives = 0;
  double negatives = 0;
};

std::vector<Point> points(const Ranked& ranked, std::span<const std::int64_t> counts) {
  std::vector<Point> out(1);
  Point now;
  for (std::size_t i = 0; i < ranked.sample.size(); ++i) {
    (ranked.positive[i] ? now.positives : now.negatives) +=
        static_cast<double>(counts[ranked.sample[i]]);
    if (ranked.last_of_tie[i]) out.push_back(now);
  }
  return out;
}

std::vector<double> sensitivities(const std::vector<Point>& curve) {
  std::vector<double> out(kSteps + 1, kNan);
  const Point all = curve.back();
  if (all.positives == 0 || all.negatives == 0) return out;
  std::size_t right = 0;  // the first point beyond the grid's x
  for (std::size_t step = 0; step <= kSteps; ++step) {
    const double x = grid_point(step) * all.negatives;
    while (right < curve.size() && curve[right].negatives <= x) ++right;
    const Point& left = curve[right - 1];
    double positives = left.positives;
    if (right < curve.size()) {
      const double share = (x - left.negatives) / (curve[right].negatives - left.negatives);
      positives += share * (curve[right].positives - left.positives);
    }
    out[step] = positives / all.positives;
  }
  return out;
}

std::vector<double> precisions(const std::vector<Point>& curve) {
  std::vector<double> out(kSteps + 1, kNan);
  const Point all = curve.back();
  if (all.positives == 0) return out;
  std::size_t at = 1;
  for (std::size_t step = 0; step <= kSteps; ++step) {
    // A threshold above every drawn sample calls nothing positive and has no precision.
    const double x = grid_point(step) * all.positives;
    while (at + 1 < curve.size() &&
           (curve[at].positives < x || curve[at].positives + curve[at].negatives == 0)) {
      ++at;
    }
    out[step] = curve[at].positives / (curve[at].positives + curve[at].negatives);
  }
  return out;
}

template <class Curve>
CurveBand band(std::span<const double> scores, std::span<const std::uint8_t> positive,
               const SampleGroups& groups, const BandOptions& options, Curve curve) {
  CurveBand out;
  if (options.samples == 0) return out;
  const Ranked ranked = rank(scores, positive);
  const auto draws = bootstrap(
      groups, options.samples, options.seed, options.workers,
      [&](std::span<const std::int64_t> counts) { return curve(points(ranked, counts)); });
  for (std::size_t step = 0; step <= kSteps; ++step) {
    const BootstrapSummary summary = summarise_draws(draws[step]);
    const bool known = 2 * summary.undefined <= options.samples;
    const Interval interval = known ? summary.interval(options.confidence) : Interval{kNan, kNan};
    out.x.push_back(grid_point(step));
    out.low.push_back(interval.low);
    out.high.push_back(interval.high);
  }
  return out;
}

}  // namespace

CurveBand roc_band(std::span<const double> scores, std::span<const std::uint8_t> positive,
                   const SampleGroups& groups, const BandOptions& options) {
  return band(scores, positive, groups, options, sensitivities);
}

CurveBand precision_recall_band(std::span<const double> scores,
                                std::span<const std::uint8_t> positive, const SampleGroups& groups,
                                const BandOptions& options) {
  return band(scores, positive, groups, options, precisions);
}

}  // namespace xrayclf
