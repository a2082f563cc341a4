#include "phantom_canvas.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <opencv2/imgproc.hpp>

namespace xrayclf {
namespace {

constexpr int kSubpixelBits = 4;

}  // namespace

PhantomCanvas::PhantomCanvas(int width, int height, double zoom, double angle, cv::Point2d shift)
    : width_(width),
      height_(height),
      unit_(std::min(width, height) * zoom),
      cosine_(std::cos(angle)),
      sine_(std::sin(angle)),
      shift_(shift) {}

std::vector<cv::Point> PhantomCanvas::pixels(const Curve& curve) const {
  std::vector<cv::Point> points;
  points.reserve(curve.size());
  const double scale = unit_ * (1 << kSubpixelBits);
  for (const cv::Point2d& p : curve) {
    const double x = cosine_ * p.x - sine_ * p.y + shift_.x;
    const double y = sine_ * p.x + cosine_ * p.y + shift_.y;
    points.emplace_back(cvRound(x * scale + width_ * 0.5 * (1 << kSubpixelBits)),
                        cvRound(y * scale + height_ * 0.5 * (1 << kSubpixelBits)));
  }
  return points;
}

void PhantomCanvas::soften(cv::Mat1f& layer, double softness) const {
  const double sigma = softness * unit_ / 2;
  if (sigma <= 0.3) return;
  // What is blurred by many pixels looks the same when blurred on a coarser grid, and takes far
  // less time.
  const int coarser = std::max(1, static_cast<int>(sigma / 2.5));
  if (coarser == 1) {
    cv::GaussianBlur(layer, layer, cv::Size(), sigma);
    return;
  }
  cv::Mat1f coarse;
  const cv::Size size(std::max(1, width_ / coarser), std::max(1, height_ / coarser));
  cv::resize(layer, coarse, size, 0, 0, cv::INTER_AREA);
  cv::GaussianBlur(coarse, coarse, cv::Size(), sigma / coarser);
  cv::resize(coarse, layer, layer.size(), 0, 0, cv::INTER_LINEAR);
}

cv::Mat1f PhantomCanvas::fill(const Curve& outline, double softness) const {
  cv::Mat1b mask = cv::Mat1b::zeros(height_, width_);
  cv::fillPoly(mask, std::vector{pixels(outline)}, cv::Scalar(255), cv::LINE_AA, kSubpixelBits);
  cv::Mat1f layer;
  mask.convertTo(layer, CV_32F, 1.0 / 255);
  soften(layer, softness);
  return layer;
}

cv::Mat1f PhantomCanvas::stroke(const std::vector<Curve>& curves, double width,
                                double softness) const {
  cv::Mat1b mask = cv::Mat1b::zeros(height_, width_);
  const double pen = width * unit_;
  std::vector<std::vector<cv::Point>> lines;
  for (const Curve& curve : curves) lines.push_back(pixels(curve));
  cv::polylines(mask, lines, false, cv::Scalar(255), std::max(1, cvRound(pen)), cv::LINE_AA,
                kSubpixelBits);
  cv::Mat1f layer;
  // A pen thinner than a pixel leaves a fainter line.
  mask.convertTo(layer, CV_32F, std::min(1.0, pen) / 255);
  soften(layer, softness);
  return layer;
}

cv::Mat1f PhantomCanvas::clouds(Random& random, double size) const {
  cv::Mat1f sum = empty();
  double weight = 1, total = 0;
  for (int octave = 0; octave < 3; ++octave, weight /= 2, size /= 2) {
    const int columns = std::max(2, cvCeil(width_ / (unit_ * size)));
    const int rows = std::max(2, cvCeil(height_ / (unit_ * size)));
    cv::Mat1f grid(rows, columns);
    for (float& value : grid) value = static_cast<float>(random.uniform());
    cv::Mat1f smooth;
    cv::resize(grid, smooth, sum.size(), 0, 0, cv::INTER_CUBIC);
    sum += smooth * weight;
    total += weight;
  }
  return cv::Mat1f(cv::max(cv::min(sum / total, 1.0), 0.0));
}

Curve blob(cv::Point2d centre, double radius_x, double radius_y, double angle, double roughness,
           Random& random) {
  constexpr int kPoints = 72;
  double phase[5], amplitude[5];
  for (int k = 0; k < 5; ++k) {
    phase[k] = random.uniform(0, 2 * std::numbers::pi);
    amplitude[k] = roughness * random.uniform(0.3, 1.0) / (k + 1);
  }
  Curve curve;
  for (int i = 0; i < kPoints; ++i) {
    const double t = 2 * std::numbers::pi * i / kPoints;
    double factor = 1;
    for (int k = 0; k < 5; ++k) factor += amplitude[k] * std::sin((k + 2) * t + phase[k]);
    const double x = radius_x * factor * std::cos(t);
    const double y = radius_y * factor * std::sin(t);
    curve.emplace_back(centre.x + std::cos(angle) * x - std::sin(angle) * y,
                       centre.y + std::sin(angle) * x + std::cos(angle) * y);
  }
  return curve;
}

}  // namespace xrayclf
