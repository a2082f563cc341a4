#pragma once

#include <span>
#include <vector>

namespace xrayclf {

/// Adjusted p-values in the order given; reject where one is at most the level.
/// Benjamini & Hochberg (1995) controls the false discovery rate.
std::vector<double> benjamini_hochberg(std::span<const double> p_values);
/// Holm (1979) controls the family-wise error rate.
std::vector<double> holm(std::span<const double> p_values);

}  // namespace xrayclf
