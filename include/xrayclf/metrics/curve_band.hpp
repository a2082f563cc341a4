#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "xrayclf/metrics/bootstrap.hpp"

namespace xrayclf {

/// Pointwise confidence limits of a curve's y over a grid of its x, both in [0, 1]. NaN where more
/// than half of the resamples have no curve.
struct CurveBand {
  std::vector<double> x;
  std::vector<double> low;
  std::vector<double> high;
};

struct BandOptions {
  std::int64_t samples = 1000;  ///< resamples; 0 gives an empty band
  double confidence = 0.95;
  std::uint64_t seed = 1;
  std::int64_t workers = 0;  ///< 0: all processors; the band does not depend on it
};

/// Percentile bootstrap over groups of the sensitivity at 1 - specificity 0, 0.01, ... 1
/// (vertical averaging, Fawcett 2006): straight between the points of a resample's curve, the upper
/// end where it rises upright. A sample is positive where its flag is 1, else 0; scores not NaN.
CurveBand roc_band(std::span<const double> scores, std::span<const std::uint8_t> positive,
                   const SampleGroups& groups, const BandOptions& options);

/// The same for the precision at recall 0, 0.01, ... 1: that of the highest threshold which
/// reaches the recall, so that the curve is the steps which average_precision() sums up.
CurveBand precision_recall_band(std::span<const double> scores,
                                std::span<const std::uint8_t> positive, const SampleGroups& groups,
                                const BandOptions& options);

}  // namespace xrayclf
