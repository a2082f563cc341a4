#pragma once

#include <cstdint>
#include <string_view>

#include <opencv2/core/mat.hpp>

namespace xrayclf {

/// The orientation (1 to 8) in the first directory of an EXIF block, which begins with its TIFF
/// header; 1 if it has none that is legal, since viewers ignore a broken block too.
std::int64_t exif_orientation(std::string_view tiff);

/// `image` turned upright (EXIF 2.3, tag 0x0112).
cv::Mat apply_orientation(const cv::Mat& image, std::int64_t orientation);

}  // namespace xrayclf
