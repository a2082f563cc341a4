#pragma once

#include <opencv2/core.hpp>

#include "xrayclf/explain/config.hpp"

namespace xrayclf {

/// A class map's raw values (CV_32FC1, of the layer's size) as heat over the prepared image
/// (CV_32FC1, `size`), resized as cv2.resize does (bilinear, half-pixel centres):
///   pytorch_grad_cam  max(0); m - min; over 1e-7 + max; resize; then all but the resize again
///   keras             max(0); over the maximum where it is above 0; resize
///   none              resize
cv::Mat heat_of(const cv::Mat& raw, cv::Size size, CamNormalisation normalisation);

}  // namespace xrayclf
