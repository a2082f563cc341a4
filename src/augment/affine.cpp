#include "xrayclf/augment/affine.hpp"

#include <cmath>
#include <numbers>

#include <opencv2/imgproc.hpp>

namespace xrayclf::transforms {
namespace {

double radians(double degrees) { return degrees * std::numbers::pi / 180.0; }

/// Draws one zoom for both axes, or one for each.
void draw_zoom(const Range& factor, Axes axes, Random& random, AffineParameters& into) {
  into.zoom_x = factor.draw(random);
  into.zoom_y = axes == Axes::independent ? factor.draw(random) : into.zoom_x;
}

}  // namespace

cv::Matx23d affine_matrix(const AffineParameters& q, cv::Size size) {
  const double cosine = std::cos(radians(q.degrees));
  const double sine = std::sin(radians(q.degrees));
  // y points down, so counter-clockwise on the screen is this way round.
  const cv::Matx22d rotate(cosine, sine, -sine, cosine);
  const cv::Matx22d shear(1, std::tan(radians(q.shear_x)), std::tan(radians(q.shear_y)), 1);
  const cv::Matx22d zoom(q.zoom_x, 0, 0, q.zoom_y);
  const cv::Matx22d linear = rotate * shear * zoom;
  const cv::Vec2d centre((size.width - 1) / 2.0, (size.height - 1) / 2.0);
  const cv::Vec2d shift(q.shift_x * size.width, q.shift_y * size.height);
  const cv::Vec2d offset = centre + shift - linear * centre;
  return {linear(0, 0), linear(0, 1), offset[0], linear(1, 0), linear(1, 1), offset[1]};
}

AffineParameters Rotate::sample(Random& random, cv::Size) const {
  return {.degrees = degrees.draw(random)};
}

cv::Mat Rotate::apply(const cv::Mat& grey, const AffineParameters& parameters) const {
  // OpenCV's own matrix, whose last digits decide which way its 1/32 pixels round.
  const cv::Point2f centre(grey.cols / 2.0f - 0.5f, grey.rows / 2.0f - 0.5f);
  return warp(grey, cv::getRotationMatrix2D_(centre, parameters.degrees, 1.0), border, fill);
}

AffineParameters Shift::sample(Random& random, cv::Size) const {
  const double right = x.draw(random);
  return {.shift_x = right, .shift_y = y.draw(random)};
}

cv::Mat Shift::apply(const cv::Mat& grey, const AffineParameters& parameters) const {
  return warp(grey, affine_matrix(parameters, grey.size()), border, fill);
}

AffineParameters Shear::sample(Random& random, cv::Size) const {
  const double columns = x.draw(random);
  return {.shear_x = columns, .shear_y = y.draw(random)};
}

cv::Mat Shear::apply(const cv::Mat& grey, const AffineParameters& parameters) const {
  return warp(grey, affine_matrix(parameters, grey.size()), border, fill);
}

AffineParameters Zoom::sample(Random& random, cv::Size) const {
  AffineParameters out;
  draw_zoom(factor, axes, random, out);
  return out;
}

cv::Mat Zoom::apply(const cv::Mat& grey, const AffineParameters& parameters) const {
  return warp(grey, affine_matrix(parameters, grey.size()), border, fill);
}

AffineParameters Affine::sample(Random& random, cv::Size) const {
  AffineParameters out;
  out.degrees = degrees.draw(random);
  out.shift_x = shift_x.draw(random);
  out.shift_y = shift_y.draw(random);
  out.shear_x = shear.draw(random);
  draw_zoom(zoom, zoom_axes, random, out);
  return out;
}

cv::Mat Affine::apply(const cv::Mat& grey, const AffineParameters& parameters) const {
  return warp(grey, affine_matrix(parameters, grey.size()), border, fill);
}

}  // namespace xrayclf::transforms
