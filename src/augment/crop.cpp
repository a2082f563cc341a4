#include "xrayclf/augment/crop.hpp"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

namespace xrayclf::transforms {
namespace {

/// The largest central crop whose ratio is within `ratio`.
cv::Rect central_crop(const Range& ratio, cv::Size size) {
  int width = size.width;
  int height = size.height;
  const double own = static_cast<double>(width) / height;
  if (own < ratio.low) height = std::max(1, static_cast<int>(std::lround(width / ratio.low)));
  if (own > ratio.high) width = std::max(1, static_cast<int>(std::lround(height * ratio.high)));
  return {(size.width - width) / 2, (size.height - height) / 2, width, height};
}

int draw_offset(Random& random, int room) {
  return static_cast<int>(random.below(static_cast<std::uint64_t>(room) + 1));
}

}  // namespace

RandomResizedCrop::Parameters RandomResizedCrop::sample(Random& random, cv::Size size) const {
  const double area = static_cast<double>(size.width) * size.height;
  const Range log_ratio{std::log(ratio.low), std::log(ratio.high)};
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double target = area * scale.draw(random);
    const double aspect = std::exp(log_ratio.draw(random));
    const int width = static_cast<int>(std::lround(std::sqrt(target * aspect)));
    const int height = static_cast<int>(std::lround(std::sqrt(target / aspect)));
    if (width < 1 || height < 1 || width > size.width || height > size.height) continue;
    const int y = draw_offset(random, size.height - height);
    const int x = draw_offset(random, size.width - width);
    return {cv::Rect(x, y, width, height)};
  }
  return {central_crop(ratio, size)};
}

cv::Mat RandomResizedCrop::apply(const cv::Mat& grey, const Parameters& parameters) const {
  cv::Mat out;
  cv::resize(grey(parameters.crop), out, grey.size(), 0, 0, cv::INTER_LINEAR);
  return out;
}

}  // namespace xrayclf::transforms
