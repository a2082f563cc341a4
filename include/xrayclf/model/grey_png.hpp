#pragma once

#include <string>
#include <string_view>

#include <opencv2/core.hpp>

namespace xrayclf {

/// An 8-bit grey image as PNG bytes.
std::string encode_grey_png(const cv::Mat& image);

/// The image of PNG bytes that encode_grey_png() made. Throws ModelError, beginning with `name`, if
/// they are damaged, not 8-bit grey, or larger than 4096 x 4096.
cv::Mat decode_grey_png(std::string_view bytes, const std::string& name);

}  // namespace xrayclf
