#include "xrayclf/augment/blur.hpp"

#include <cmath>
#include <numbers>

#include <opencv2/imgproc.hpp>

namespace xrayclf::transforms {
namespace {

/// exp(-x^2 / 2 sigma^2) at whole x, of sum 1.
cv::Mat sampled_gaussian(std::int64_t side, double sigma) {
  const auto radius = static_cast<int>(side / 2);
  cv::Mat kernel(2 * radius + 1, 1, CV_64F);
  for (int x = -radius; x <= radius; ++x) {
    kernel.at<double>(x + radius) = std::exp(-0.5 * (x / sigma) * (x / sigma));
  }
  return kernel / cv::sum(kernel)[0];
}

}  // namespace

GaussianBlur::Parameters GaussianBlur::sample(Random& random, cv::Size) const {
  const double width = sigma.draw(random);
  const std::int64_t side = kernel.draw(random);
  return {side == 0 || side % 2 == 1 ? side : side + 1, width};
}

cv::Mat GaussianBlur::apply(const cv::Mat& grey, const Parameters& parameters) const {
  const auto side = static_cast<int>(parameters.kernel);
  cv::Mat out;
  if (semantics == Semantics::albumentations_1_3_1) {
    cv::GaussianBlur(grey, out, cv::Size(side, side), parameters.sigma, 0, cv::BORDER_REFLECT_101);
    return out;
  }
  const cv::Mat kernel_1d = sampled_gaussian(
      side > 0 ? side : 2 * static_cast<int>(3.5 * parameters.sigma) + 1, parameters.sigma);
  cv::sepFilter2D(grey, out, -1, kernel_1d, kernel_1d, cv::Point(-1, -1), 0,
                  cv::BORDER_REFLECT_101);
  return out;
}

void GaussianBlur::validate(const std::string& path) const {
  for (const std::int64_t end : {kernel.low, kernel.high}) {
    if (end != 0 && end % 2 == 0) {
      throw ConfigError(path + ".kernel must have odd ends or 0, got " + kernel.to_json().dump());
    }
  }
  const bool sigma_needed = semantics == Semantics::albumentations_2_0_8 || kernel.low == 0;
  if (sigma_needed && sigma.low == 0) {
    throw ConfigError(path +
                      ".sigma must be above 0, except with a kernel of 1 or more in the "
                      "semantics albumentations_1_3_1");
  }
}

GaussianNoise::Parameters GaussianNoise::sample(Random& random, cv::Size) const {
  const double strength = stddev.draw(random);
  return {strength, random.bits()};
}

cv::Mat GaussianNoise::apply(const cv::Mat& grey, const Parameters& parameters) const {
  Random random(parameters.seed);
  cv::Mat out;
  const cv::Mat noise = normal_field(random, grey.size());
  cv::addWeighted(grey, 1.0, noise, parameters.stddev * full_scale(grey), 0.0, out, grey.depth());
  return out;
}

cv::Mat normal_field(Random& random, cv::Size size) {
  cv::Mat field(size, CV_32F);
  auto* values = field.ptr<float>();
  const std::size_t count = field.total();
  for (std::size_t i = 0; i < count; i += 2) {
    // 1 - u is in (0, 1], where the logarithm is finite.
    const double radius = std::sqrt(-2.0 * std::log(1.0 - random.uniform()));
    const double angle = 2.0 * std::numbers::pi * random.uniform();
    values[i] = static_cast<float>(radius * std::cos(angle));
    if (i + 1 < count) values[i + 1] = static_cast<float>(radius * std::sin(angle));
  }
  return field;
}

}  // namespace xrayclf::transforms
