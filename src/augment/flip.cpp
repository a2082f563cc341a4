#include "xrayclf/augment/flip.hpp"

#include <opencv2/core.hpp>

namespace xrayclf::transforms {

HorizontalFlip::Parameters HorizontalFlip::sample(Random&, cv::Size) const { return {}; }

cv::Mat HorizontalFlip::apply(const cv::Mat& grey, const Parameters&) const {
  cv::Mat out;
  cv::flip(grey, out, 1);
  return out;
}

}  // namespace xrayclf::transforms
