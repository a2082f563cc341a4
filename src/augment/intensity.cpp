#include "xrayclf/augment/intensity.hpp"

#include <cmath>
#include <vector>

#include <opencv2/imgproc.hpp>

namespace xrayclf::transforms {
namespace {

/// Replaces each grey value v by `value(v)`, which is whole and within the depth's range.
template <class Pixel, class Value>
cv::Mat map_pixels(const cv::Mat& grey, Value value) {
  std::vector<Pixel> table(std::size_t{1} << (8 * sizeof(Pixel)));
  for (std::size_t v = 0; v < table.size(); ++v) table[v] = static_cast<Pixel>(value(v));
  cv::Mat out(grey.size(), grey.type());
  for (int y = 0; y < grey.rows; ++y) {
    const Pixel* from = grey.ptr<Pixel>(y);
    Pixel* to = out.ptr<Pixel>(y);
    for (int x = 0; x < grey.cols; ++x) to[x] = table[from[x]];
  }
  return out;
}

template <class Value>
cv::Mat map_grey(const cv::Mat& grey, Value value) {
  return grey.depth() == CV_16U ? map_pixels<std::uint16_t>(grey, value)
                                : map_pixels<std::uint8_t>(grey, value);
}

double rounded(double value, double full) { return std::clamp(std::nearbyint(value), 0.0, full); }

}  // namespace

Brightness::Parameters Brightness::sample(Random& random, cv::Size) const {
  return {offset.draw(random)};
}

cv::Mat Brightness::apply(const cv::Mat& grey, const Parameters& parameters) const {
  const double full = full_scale(grey);
  const double added = parameters.offset * full;
  return map_grey(grey,
                  [&](std::size_t v) { return rounded(static_cast<double>(v) + added, full); });
}

Contrast::Parameters Contrast::sample(Random& random, cv::Size) const {
  return {factor.draw(random)};
}

cv::Mat Contrast::apply(const cv::Mat& grey, const Parameters& parameters) const {
  const double full = full_scale(grey);
  const double mean = cv::mean(grey)[0];
  return map_grey(grey, [&](std::size_t v) {
    return rounded(mean + (static_cast<double>(v) - mean) * parameters.factor, full);
  });
}

BrightnessContrast::Parameters BrightnessContrast::sample(Random& random, cv::Size) const {
  const double alpha = 1.0 + contrast.draw(random);
  return {alpha, brightness.draw(random)};
}

cv::Mat BrightnessContrast::apply(const cv::Mat& grey, const Parameters& parameters) const {
  const double full = full_scale(grey);
  double offset = parameters.beta * full;
  if (offset_of == OffsetOf::mean) {
    const double scale = semantics == Semantics::albumentations_1_3_1 ? parameters.alpha : 1.0;
    offset = scale * parameters.beta * cv::mean(grey)[0];
  }
  const float alpha = static_cast<float>(parameters.alpha);
  const float beta = static_cast<float>(offset);
  return map_grey(grey, [&](std::size_t v) {
    return std::clamp(static_cast<float>(v) * alpha + beta, 0.0f, static_cast<float>(full));
  });
}

Gamma::Parameters Gamma::sample(Random& random, cv::Size) const { return {gamma.draw(random)}; }

cv::Mat Gamma::apply(const cv::Mat& grey, const Parameters& parameters) const {
  const double full = full_scale(grey);
  return map_grey(grey, [&](std::size_t v) {
    return rounded(full * std::pow(static_cast<double>(v) / full, parameters.gamma), full);
  });
}

Clahe::Parameters Clahe::sample(Random& random, cv::Size) const {
  return {clip_limit.draw(random)};
}

cv::Mat Clahe::apply(const cv::Mat& grey, const Parameters& parameters) const {
  const cv::Size grid(static_cast<int>(tiles), static_cast<int>(tiles));
  cv::Mat out;
  cv::createCLAHE(parameters.clip_limit, grid)->apply(grey, out);
  return out;
}

}  // namespace xrayclf::transforms
