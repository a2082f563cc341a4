#include "xrayclf/augment/distortion.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace xrayclf::transforms {
namespace {

std::vector<double> draw_steps(const Range& distort, std::int64_t count, Random& random) {
  std::vector<double> steps;
  for (std::int64_t i = 0; i < count; ++i) steps.push_back(1.0 + distort.draw(random));
  return steps;
}

void normalize_steps(std::vector<double>& steps, std::int64_t side) {
  const auto n = static_cast<std::int64_t>(steps.size()) - 1;
  const std::int64_t d = side / n;
  const std::int64_t rest = std::min(side, (n + 1) * d) - n * d;
  steps.back() *= static_cast<double>(rest) / static_cast<double>(d);
  const double sum = std::accumulate(steps.begin(), steps.end(), 0.0);
  const double scale = static_cast<double>(side) / static_cast<double>(d) / sum;
  for (double& step : steps) step *= scale;
}

struct Source {
  double x = 0;
  double y = 0;
};

/// k goes through OpenCV in single precision.
Source camera_source(int x, int y, cv::Size size, double strength) {
  const double k = static_cast<float>(strength);
  const double u = (x - (size.width - 1) / 2.0) / size.width;
  const double v = (y - (size.height - 1) / 2.0) / size.height;
  const double r2 = u * u + v * v;
  const double g = 1 + k * r2 + k * r2 * r2;
  return {u * g * size.width + size.width / 2.0, v * g * size.height + size.height / 2.0};
}

Source fisheye_source(int x, int y, cv::Size size, double k) {
  const double half_w = size.width / 2.0;
  const double half_h = size.height / 2.0;
  const double dx = x - half_w;
  const double dy = y - half_h;
  const double scale = 1 + k * (dx * dx + dy * dy) / (half_w * half_w + half_h * half_h);
  return {dx * scale + half_w, dy * scale + half_h};
}

}  // namespace

std::vector<float> grid_sources(std::int64_t side, std::vector<double> steps, bool normalized,
                                Semantics semantics) {
  if (normalized) normalize_steps(steps, side);
  const std::int64_t d = side / (static_cast<std::int64_t>(steps.size()) - 1);
  std::vector<float> sources(static_cast<std::size_t>(side), 0.0f);
  double previous = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::int64_t first = std::min(static_cast<std::int64_t>(i) * d, side);
    const std::int64_t end = std::min(first + d, side);
    const bool beyond = static_cast<std::int64_t>(i + 1) * d > side;
    const double current = beyond && semantics == Semantics::albumentations_1_3_1
                               ? static_cast<double>(side)
                               : previous + static_cast<double>(d) * steps[i];
    const double gaps = static_cast<double>(std::max<std::int64_t>(1, end - first - 1));
    for (std::int64_t j = first; j < end; ++j) {
      sources[static_cast<std::size_t>(j)] = static_cast<float>(
          previous + (current - previous) * static_cast<double>(j - first) / gaps);
    }
    previous = current;
  }
  return sources;
}

GridDistortion::Parameters GridDistortion::sample(Random& random, cv::Size) const {
  Parameters out;
  out.steps_x = draw_steps(distort, num_steps + 1, random);
  out.steps_y = draw_steps(distort, num_steps + 1, random);
  return out;
}

cv::Mat GridDistortion::apply(const cv::Mat& grey, const Parameters& parameters) const {
  if (std::min(grey.cols, grey.rows) < num_steps) {
    throw ConfigError("grid_distortion cannot lay " + std::to_string(num_steps) +
                      " strips over an image of " + std::to_string(grey.cols) + " x " +
                      std::to_string(grey.rows) + " pixels");
  }
  const auto xs = grid_sources(grey.cols, parameters.steps_x, normalized, semantics);
  const auto ys = grid_sources(grey.rows, parameters.steps_y, normalized, semantics);
  cv::Mat map_x(grey.size(), CV_32F);
  cv::Mat map_y(grey.size(), CV_32F);
  for (int y = 0; y < grey.rows; ++y) {
    std::copy(xs.begin(), xs.end(), map_x.ptr<float>(y));
    std::fill_n(map_y.ptr<float>(y), grey.cols, ys[static_cast<std::size_t>(y)]);
  }
  return pull(grey, map_x, map_y, border, fill);
}

OpticalDistortion::Parameters OpticalDistortion::sample(Random& random, cv::Size) const {
  return {k.draw(random)};
}

cv::Mat OpticalDistortion::apply(const cv::Mat& grey, const Parameters& parameters) const {
  cv::Mat map_x(grey.size(), CV_32F);
  cv::Mat map_y(grey.size(), CV_32F);
  for (int y = 0; y < grey.rows; ++y) {
    for (int x = 0; x < grey.cols; ++x) {
      const Source source = model == LensModel::camera
                                ? camera_source(x, y, grey.size(), parameters.k)
                                : fisheye_source(x, y, grey.size(), parameters.k);
      map_x.at<float>(y, x) = static_cast<float>(source.x);
      map_y.at<float>(y, x) = static_cast<float>(source.y);
    }
  }
  return pull(grey, map_x, map_y, border, fill);
}

}  // namespace xrayclf::transforms
