#pragma once

#include <cstdint>
#include <span>

#include "xrayclf/metrics/confusion_matrix.hpp"
#include "xrayclf/metrics/interval.hpp"

namespace xrayclf {

/// Agreement of two readers on the same images. `percent` is not corrected for chance: show both.
struct ReaderAgreement {
  double percent = 0;  ///< share of images with the same rating, in [0, 1]
  double kappa = 0;    ///< Cohen 1960; NaN where chance agreement is certain
  double error = 0;    ///< large-sample standard error of Fleiss, Cohen & Everitt (1969)
  Interval interval;   ///< kappa -/+ z * error, not clipped
};
/// Row = first reader, column = second.
ReaderAgreement reader_agreement(const ConfusionMatrix& ratings, double confidence = 0.95);

/// Agreement of any number of readers. NaN where chance agreement is certain.
struct GroupAgreement {
  double fleiss = 0;    ///< Fleiss 1971: chance from the shares of the categories
  double randolph = 0;  ///< Randolph 2005: chance 1 / categories
};
/// `counts` is images x categories, row-major: how many readers chose the category. Each row has
/// the same sum, at least 2.
GroupAgreement group_agreement(std::span<const std::int64_t> counts, std::int64_t categories);

}  // namespace xrayclf
