#include "xrayclf/explain/heat.hpp"

#include <algorithm>

#include <opencv2/imgproc.hpp>

namespace xrayclf {
namespace {

/// m - min(m), over 1e-7 + the maximum of that; in float32, as numpy.
cv::Mat scaled(const cv::Mat& map) {
  double low = 0;
  cv::minMaxLoc(map, &low, nullptr);
  const cv::Mat risen = map - low;
  double high = 0;
  cv::minMaxLoc(risen, nullptr, &high);
  return risen / (1e-7 + high);
}

cv::Mat resized(const cv::Mat& map, cv::Size size) {
  if (map.size() == size) return map.clone();
  cv::Mat out;
  cv::resize(map, out, size, 0, 0, cv::INTER_LINEAR);
  return out;
}

}  // namespace

cv::Mat heat_of(const cv::Mat& raw, cv::Size size, CamNormalisation normalisation) {
  if (normalisation == CamNormalisation::none) return resized(raw, size);
  const cv::Mat positive = cv::max(raw, 0.0);
  if (normalisation == CamNormalisation::pytorch_grad_cam) {
    return scaled(resized(scaled(positive), size));
  }
  double high = 0;
  cv::minMaxLoc(positive, nullptr, &high);
  return resized(high > 0 ? cv::Mat(positive / high) : positive, size);
}

}  // namespace xrayclf
