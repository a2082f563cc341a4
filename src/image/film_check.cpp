#include "xrayclf/image/film_check.hpp"

#include <array>
#include <cmath>

#include <opencv2/imgproc.hpp>

namespace xrayclf {
namespace {

constexpr int kGridSide = 16;
using Means = std::array<double, kGridSide * kGridSide>;

/// The left half of the template, which is symmetric: weights of a linear softmax classifier that
/// tells an upright film from its turns, from its inversions and from pictures that are none
/// (scripts/fit_film_check.py, which says on what).
constexpr int kTemplate[kGridSide][kGridSide / 2] = {
    {33, -22, -68, -61, -56, -7, 33, 78}, {1, -25, -14, -6, -18, -2, 36, 55},
    {-12, -35, 1, 22, -10, -27, 19, 58},  {-5, -4, 41, 37, -12, -36, -4, 38},
    {18, 10, 38, 40, -26, -40, -8, 28},   {7, 21, 31, 25, -35, -47, -13, 29},
    {15, 16, 37, 0, -46, -45, -2, 34},    {0, 0, 16, -5, -35, -47, 7, 40},
    {-18, -24, 6, -20, -50, -29, 20, 37}, {-18, -18, 0, -9, -30, -22, 17, 39},
    {-16, -5, -4, -11, -2, 4, 18, 35},    {-10, -10, -19, -31, 0, 3, 6, 19},
    {-24, -30, -29, -23, 13, 0, 8, 30},   {-47, -30, -5, 7, 16, 10, 17, 37},
    {-78, 3, 32, 32, 46, 36, 11, 23},     {-127, -27, 28, 50, 60, 33, -4, -15}};

/// All but one in a hundred of the films that the template was fitted on are as like.
constexpr double kLeastLikeness = 0.243;
/// A middle as dark as what lies beside it; all but one in two hundred of these are brighter.
constexpr double kLeastMidline = 0.0;

/// Mean grey values without their plane, which exposure and heel effect make, of norm 1 (0 for a
/// flat image).
Means coarse(const cv::Mat& grey) {
  cv::Mat small;
  cv::Mat real;
  grey.convertTo(real, CV_32F);
  cv::resize(real, small, {kGridSide, kGridSide}, 0, 0, cv::INTER_AREA);
  Means out{};
  double mean = 0;
  double along_x = 0;
  double along_y = 0;
  double spread = 0;
  const double centre = (kGridSide - 1) / 2.0;
  for (int y = 0; y < kGridSide; ++y) {
    for (int x = 0; x < kGridSide; ++x) {
      const double value = small.at<float>(y, x);
      mean += value / (kGridSide * kGridSide);
      along_x += value * (x - centre);
      along_y += value * (y - centre);
      spread += (x - centre) * (x - centre);
    }
  }
  double energy = 0;
  for (int y = 0; y < kGridSide; ++y) {
    for (int x = 0; x < kGridSide; ++x) {
      double& value = out[static_cast<std::size_t>(y * kGridSide + x)];
      value = small.at<float>(y, x) - mean - along_x / spread * (x - centre) -
              along_y / spread * (y - centre);
      energy += value * value;
    }
  }
  // What a 16-bit image's rounding leaves of a flat one is no structure.
  const double norm = std::sqrt(energy);
  const double scale = norm > 1e-3 * kGridSide ? 1 / norm : 0;
  for (double& value : out) value *= scale;
  return out;
}

/// A quarter turn against the clock.
Means turned_back(const Means& means) {
  Means out{};
  for (int y = 0; y < kGridSide; ++y) {
    for (int x = 0; x < kGridSide; ++x) {
      out[static_cast<std::size_t>((kGridSide - 1 - x) * kGridSide + y)] =
          means[static_cast<std::size_t>(y * kGridSide + x)];
    }
  }
  return out;
}

double product_with_template(const Means& means) {
  double sum = 0;
  double energy = 0;
  for (int y = 0; y < kGridSide; ++y) {
    for (int x = 0; x < kGridSide; ++x) {
      const int weight = kTemplate[y][x < kGridSide / 2 ? x : kGridSide - 1 - x];
      sum += weight * means[static_cast<std::size_t>(y * kGridSide + x)];
      energy += weight * weight;
    }
  }
  return sum / std::sqrt(energy);
}

/// The middle two columns less the columns of both lungs, at the height of the lungs.
double midline_of(const Means& upright) {
  double sum = 0;
  for (int y = 4; y < 10; ++y) {
    const auto at = [&](int x) { return upright[static_cast<std::size_t>(y * kGridSide + x)]; };
    sum += (at(7) + at(8)) / 2 - (at(4) + at(5) + at(10) + at(11)) / 4;
  }
  return sum / 6 * kGridSide;  // the values' standard deviation is 1 / kGridSide
}

}  // namespace

FilmCheck check_film(const cv::Mat& grey) {
  FilmCheck out;
  Means means = coarse(grey);
  Means upright = means;
  double best = 0;
  for (int turns = 0; turns < 4; ++turns) {
    const double product = product_with_template(means);
    if (std::abs(product) > std::abs(best)) {
      best = product;
      out.quarter_turns = turns;
      upright = means;
    }
    means = turned_back(means);
  }
  out.likeness = std::abs(best);
  if (best < 0) {
    for (double& value : upright) value = -value;
  }
  out.midline = midline_of(upright);
  out.not_xray = !(out.likeness >= kLeastLikeness);
  if (out.not_xray) return out;
  out.wrong_orientation = out.quarter_turns != 0;
  out.inverted = best < 0;
  out.lateral = out.midline < kLeastMidline;
  return out;
}

}  // namespace xrayclf
