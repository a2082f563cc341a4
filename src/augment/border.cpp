#include "xrayclf/augment/border.hpp"

#include <opencv2/imgproc.hpp>

namespace xrayclf::transforms {
namespace {

int opencv_border(Border border) {
  switch (border) {
    case Border::constant:
      return cv::BORDER_CONSTANT;
    case Border::replicate:
      return cv::BORDER_REPLICATE;
    case Border::reflect:
      return cv::BORDER_REFLECT;
    case Border::reflect_101:
      return cv::BORDER_REFLECT_101;
    case Border::wrap:
      return cv::BORDER_WRAP;
  }
  throw std::logic_error("a border without a rule");
}

}  // namespace

double full_scale(const cv::Mat& grey) { return grey.depth() == CV_16U ? 65535.0 : 255.0; }

cv::Mat warp(const cv::Mat& grey, const cv::Matx23d& input_to_output, Border border, double fill) {
  cv::Mat out;
  cv::warpAffine(grey, out, input_to_output, grey.size(), cv::INTER_LINEAR, opencv_border(border),
                 cv::Scalar(fill * full_scale(grey)));
  return out;
}

cv::Mat pull(const cv::Mat& grey, const cv::Mat& map_x, const cv::Mat& map_y, Border border,
             double fill) {
  cv::Mat out;
  cv::remap(grey, out, map_x, map_y, cv::INTER_LINEAR, opencv_border(border),
            cv::Scalar(fill * full_scale(grey)));
  return out;
}

}  // namespace xrayclf::transforms
