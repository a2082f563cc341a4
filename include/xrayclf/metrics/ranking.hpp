#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace xrayclf {

/// Indices of `scores` from the largest to the smallest, equal ones in their order. Not NaN.
std::vector<std::int64_t> descending_order(std::span<const double> scores);

/// Scores of one class, sorted once, so that the areas of any resample take a single pass. A
/// resample is given as counts: how often each sample was drawn.
class Ranking {
 public:
  /// `labels` are classes 0 ... classes-1; `positive` is the one that the scores speak for.
  Ranking(std::span<const double> scores, std::span<const std::int64_t> labels,
          std::int64_t positive, std::int64_t classes);

  struct Areas {
    /// By class b: twice the pairs (positive, sample of b) in which the positive scores higher,
    /// plus the tied ones. Integers, so that no rounding decides between near equal areas.
    std::vector<std::int64_t> half_wins;
    std::vector<std::int64_t> support;  ///< samples by class
    double average_precision = 0;       ///< NaN without positives
  };
  Areas areas(std::span<const std::int64_t> counts) const;

 private:
  struct Entry {
    std::int64_t sample;
    std::int32_t label;
    bool last_of_tie;
  };
  std::vector<Entry> entries_;
  std::int64_t positive_;
  std::int64_t classes_;
};

}  // namespace xrayclf
