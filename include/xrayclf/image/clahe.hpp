#pragma once

#include <opencv2/core/mat.hpp>

namespace xrayclf {

/// Contrast limited adaptive histogram equalisation of a CV_8UC1 or CV_16UC1 image: the pixels of
/// OpenCV 4.6's cv::CLAHE with `tiles` x `tiles` tiles, to the last bit.
///
/// OpenCV keeps 65536 bins for each tile of a 16-bit image, 16 times as many as a tile of a film
/// has pixels. Here only values that occur in a tile or its neighbours have one; what the others
/// would add to a sum is known without them. Throws cv::Exception when memory is short.
cv::Mat clahe(const cv::Mat& grey, double clip_limit, int tiles);

}  // namespace xrayclf
