#pragma once

#include <cstdint>
#include <istream>

namespace xrayclf {

/// Seconds of one call of a kernel on one core, the best of several; the words say which:
///   pointwise float32|bfloat16 ROWS DEPTH COLUMNS none|silu
///   depthwise float32|bfloat16 KERNEL STRIDE SIDE      16 channels of a map of SIDE x SIDE, SiLU
/// Throws ConfigError for other words.
double kernel_seconds(std::istream& words);

}  // namespace xrayclf
