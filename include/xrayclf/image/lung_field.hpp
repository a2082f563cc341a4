#pragma once

#include <opencv2/core/mat.hpp>

namespace xrayclf {

/// Where the lungs are, roughly: enough to ask whether a heat map lies on them, no segmentation.
struct LungField {
  cv::Mat mask;        ///< CV_8UC1, 255 inside, of the image's size
  bool found = false;  ///< false: no pair of dark fields was seen, the mask is an average place
};

/// Dark regions of a smoothed copy below Otsu's threshold, then below and above it: the largest of
/// each half that stays clear of the film's edge (air around the body does not), as its convex
/// hull. Found where both halves have one of 3 to 25 % of the image and of comparable size. `grey`:
/// CV_8UC1, frontal film, air dark.
LungField lung_field(const cv::Mat& grey);

}  // namespace xrayclf
