#pragma once

#include <string>

#include <opencv2/core/mat.hpp>

namespace xrayclf {

/// A CV_32FC1 matrix as a NumPy file (format version 1.0, '<f4', C order, shape (rows, columns)).
std::string encode_npy(const cv::Mat& matrix);

}  // namespace xrayclf
