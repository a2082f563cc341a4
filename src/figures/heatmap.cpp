#include "xrayclf/figures/heatmap.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <stdexcept>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace xrayclf {
namespace {

int opencv_map(ColourMap map) {
  switch (map) {
    case ColourMap::jet:
      return cv::COLORMAP_JET;
    case ColourMap::turbo:
      return cv::COLORMAP_TURBO;
    case ColourMap::viridis:
      return cv::COLORMAP_VIRIDIS;
    case ColourMap::inferno:
      return cv::COLORMAP_INFERNO;
    case ColourMap::magma:
      return cv::COLORMAP_MAGMA;
    case ColourMap::hot:
      return cv::COLORMAP_HOT;
  }
  throw std::logic_error("a colour map without a number");
}

/// Heat in 256 steps.
cv::Mat levels(const cv::Mat& heat, double full_scale) {
  if (heat.type() != CV_32FC1) throw std::logic_error("heat maps are CV_32FC1");
  cv::Mat out;
  heat.convertTo(out, CV_8U, 255.0 / full_scale);  // saturates
  return out;
}

std::array<cv::Vec3b, 256> colour_table(ColourMap map) {
  cv::Mat steps(1, 256, CV_8UC1);
  for (int i = 0; i < 256; ++i) steps.at<uchar>(i) = static_cast<uchar>(i);
  cv::Mat colours;
  cv::applyColorMap(steps, colours, opencv_map(map));
  std::array<cv::Vec3b, 256> table;
  for (int i = 0; i < 256; ++i) table[static_cast<std::size_t>(i)] = colours.at<cv::Vec3b>(i);
  return table;
}

}  // namespace

cv::Mat displayable(const cv::Mat& grey) {
  if (grey.depth() != CV_16U) return grey;
  double largest = 0;
  cv::minMaxLoc(grey, nullptr, &largest);
  const int bits = std::bit_width(static_cast<unsigned>(largest));
  const double top = bits > 8 ? (1U << static_cast<unsigned>(bits)) - 1 : 65535;
  cv::Mat out;
  grey.convertTo(out, CV_8U, 255.0 / top);
  return out;
}

cv::Mat colour_heat(const cv::Mat& heat, const OverlayConfig& config) {
  cv::Mat out;
  cv::applyColorMap(levels(heat, config.full_scale), out, opencv_map(config.colour_map));
  return out;
}

cv::Mat draw_overlay(const cv::Mat& grey, const cv::Mat& heat, const OverlayConfig& config) {
  if (grey.channels() != 1 || grey.size() != heat.size()) {
    throw std::logic_error("draw_overlay takes a grey film and heat of its size");
  }
  const cv::Mat film = displayable(grey);
  const cv::Mat steps = levels(heat, config.full_scale);
  const auto table = colour_table(config.colour_map);
  std::array<int, 256> opacity{};  // in 1/65536
  for (int i = 0; i < 256; ++i) {
    const double share = config.blend == OverlayBlend::heat ? i / 255.0 : 1.0;
    opacity[static_cast<std::size_t>(i)] =
        static_cast<int>(std::lround(config.opacity * share * 65536));
  }
  cv::Mat out(film.size(), CV_8UC3);
  for (int y = 0; y < film.rows; ++y) {
    const auto* pixel = film.ptr<uchar>(y);
    const auto* step = steps.ptr<uchar>(y);
    auto* to = out.ptr<cv::Vec3b>(y);
    for (int x = 0; x < film.cols; ++x) {
      const cv::Vec3b& colour = table[step[x]];
      const int alpha = opacity[step[x]];
      const int below = pixel[x] * (65536 - alpha) + 32768;
      for (int c = 0; c < 3; ++c) {
        to[x][c] = static_cast<uchar>((below + colour[c] * alpha) >> 16);
      }
    }
  }
  return out;
}

}  // namespace xrayclf
