#pragma once

#include <cstdint>
#include <vector>

#include <opencv2/core/mat.hpp>

namespace xrayclf {

/// What the audit remembers of a prepared image.
struct ImageTraits {
  /// Signs of neighbour differences in a 9 x 8 reduction ("dHash"): near-duplicates differ in few
  /// bits.
  std::uint64_t hash = 0;
  cv::Mat thumbnail;             ///< CV_8UC1, 64 x 64, area average
  std::vector<float> histogram;  ///< 32 equal bins over 0...255, summing to 1
  /// The outermost 4 pixels: their histogram in 32 bins, then their mean along each of the four
  /// sides in 32 steps (top, bottom, left, right), as a fraction of white.
  std::vector<float> border;
};

/// `image`: CV_8UC1, at least 8 x 8.
ImageTraits image_traits(const cv::Mat& image);

}  // namespace xrayclf
