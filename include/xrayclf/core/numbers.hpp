#pragma once

#include <limits>

namespace xrayclf {

/// A figure that is not defined, as the precision of a class that was never predicted.
inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

}  // namespace xrayclf
