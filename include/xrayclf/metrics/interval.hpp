#pragma once

namespace xrayclf {

/// A two-sided confidence interval; both ends NaN where it cannot be estimated.
struct Interval {
  double low = 0;
  double high = 0;
};

}  // namespace xrayclf
