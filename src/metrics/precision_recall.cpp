#include "xrayclf/metrics/precision_recall.hpp"

#include <algorithm>

#include "xrayclf/metrics/ranking.hpp"
#include "xrayclf/metrics/roc.hpp"

namespace xrayclf {

PrecisionRecallCurve precision_recall_curve(std::span<const double> scores,
                                            std::span<const std::uint8_t> positive) {
  const RocCurve roc = roc_curve(scores, positive);
  PrecisionRecallCurve out;
  for (std::size_t i = roc.size() - 1; i > 0; --i) {  // point 0 calls nothing positive
    const auto hits = static_cast<double>(roc.true_positives[i]);
    out.precision.push_back(hits /
                            static_cast<double>(roc.true_positives[i] + roc.false_positives[i]));
    out.recall.push_back(roc.positives == 0 ? 1 : hits / static_cast<double>(roc.positives));
    out.thresholds.push_back(roc.thresholds[i]);
  }
  out.precision.push_back(1);
  out.recall.push_back(0);
  return out;
}

double average_precision(std::span<const double> scores, std::span<const std::uint8_t> positive) {
  const std::vector<std::int64_t> labels(positive.begin(), positive.end());
  const std::vector<std::int64_t> once(scores.size(), 1);
  return Ranking(scores, labels, 1, 2).areas(once).average_precision;
}

}  // namespace xrayclf
