#include "xrayclf/image/placement.hpp"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

namespace xrayclf {

cv::Rect placement(cv::Size image, int side, AspectRatio aspect) {
  if (aspect == AspectRatio::stretch) return {0, 0, side, side};
  const double scale = static_cast<double>(side) / std::max(image.width, image.height);
  const int width = std::clamp(static_cast<int>(std::lround(image.width * scale)), 1, side);
  const int height = std::clamp(static_cast<int>(std::lround(image.height * scale)), 1, side);
  return {(side - width) / 2, (side - height) / 2, width, height};
}

cv::Mat map_to_original(const cv::Mat& map, cv::Size image, AspectRatio aspect) {
  const cv::Mat used = map(placement(image, map.rows, aspect));
  cv::Mat out;
  cv::resize(used, out, image, 0, 0, cv::INTER_LINEAR);
  return out;
}

}  // namespace xrayclf
