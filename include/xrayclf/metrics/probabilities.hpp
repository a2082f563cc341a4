#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

namespace xrayclf {

/// Class probabilities of n samples in k classes, row-major, not owned.
struct ProbabilityMatrix {
  std::span<const double> values;
  std::int64_t classes = 0;

  std::int64_t rows() const {
    return classes == 0 ? 0 : static_cast<std::int64_t>(values.size()) / classes;
  }
  std::span<const double> row(std::int64_t i) const {
    return values.subspan(static_cast<std::size_t>(i * classes), static_cast<std::size_t>(classes));
  }
  double operator()(std::int64_t i, std::int64_t c) const {
    return values[static_cast<std::size_t>(i * classes + c)];
  }
};

/// Index of the largest value; among equals the lowest wins, as in numpy.argmax.
inline std::int64_t arg_max(std::span<const double> values) {
  return std::max_element(values.begin(), values.end()) - values.begin();
}

}  // namespace xrayclf
