#include "xrayclf/metrics/ranking.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace xrayclf {

std::vector<std::int64_t> descending_order(std::span<const double> scores) {
  std::vector<std::int64_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    return scores[static_cast<std::size_t>(a)] > scores[static_cast<std::size_t>(b)];
  });
  return order;
}

Ranking::Ranking(std::span<const double> scores, std::span<const std::int64_t> labels,
                 std::int64_t positive, std::int64_t classes)
    : positive_(positive), classes_(classes) {
  const std::vector<std::int64_t> order = descending_order(scores);
  entries_.reserve(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto sample = static_cast<std::size_t>(order[i]);
    const bool last_of_tie =
        i + 1 == order.size() || scores[static_cast<std::size_t>(order[i + 1])] != scores[sample];
    entries_.push_back({order[i], static_cast<std::int32_t>(labels[sample]), last_of_tie});
  }
}

Ranking::Areas Ranking::areas(std::span<const std::int64_t> counts) const {
  Areas out;
  out.half_wins.assign(static_cast<std::size_t>(classes_), 0);
  out.support.assign(static_cast<std::size_t>(classes_), 0);
  std::int64_t positives_above = 0;
  std::int64_t all_above = 0;
  double precision_sum = 0;
  for (std::size_t begin = 0, end = 0; begin < entries_.size(); begin = end) {
    std::int64_t positives_here = 0;
    do {
      const std::int64_t count = counts[static_cast<std::size_t>(entries_[end].sample)];
      all_above += count;
      if (entries_[end].label == positive_) positives_here += count;
    } while (!entries_[end++].last_of_tie);
    for (std::size_t i = begin; i < end; ++i) {
      const std::int64_t count = counts[static_cast<std::size_t>(entries_[i].sample)];
      const auto label = static_cast<std::size_t>(entries_[i].label);
      out.half_wins[label] += count * (2 * positives_above + positives_here);
      out.support[label] += count;
    }
    positives_above += positives_here;
    if (positives_here > 0) {
      precision_sum += static_cast<double>(positives_here) * static_cast<double>(positives_above) /
                       static_cast<double>(all_above);
    }
  }
  out.average_precision = positives_above == 0
                              ? std::numeric_limits<double>::quiet_NaN()
                              : precision_sum / static_cast<double>(positives_above);
  return out;
}

}  // namespace xrayclf
