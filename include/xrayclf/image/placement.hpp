#pragma once

#include <opencv2/core.hpp>

#include "xrayclf/image/preprocess.hpp"

/// Where an image lies in the square that the network sees, and the way back.
namespace xrayclf {

/// The rectangle of the prepared `side` x `side` square that an image of size `image` fills: all of
/// it where images are stretched, else the centred part that keeps the proportions.
cv::Rect placement(cv::Size image, int side, AspectRatio aspect);

/// A map over the prepared square (CV_32FC1, square) as a map over the original image (CV_32FC1,
/// size `image`): the padding is cut off, the rest resized (bilinear, half-pixel centres).
cv::Mat map_to_original(const cv::Mat& map, cv::Size image, AspectRatio aspect);

}  // namespace xrayclf
