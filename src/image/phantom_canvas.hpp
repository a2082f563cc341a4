#pragma once

#include <vector>

#include <opencv2/core.hpp>

#include "xrayclf/core/random.hpp"

namespace xrayclf {

/// A curve in body coordinates: the origin is the middle of the chest, x points to the image's
/// right (the patient's left), y down, and the film's shorter side is about 1.
using Curve = std::vector<cv::Point2d>;

/// Turns shapes in body coordinates into layers of one film: CV_32FC1, 0 outside to 1 inside.
class PhantomCanvas {
 public:
  /// `zoom`: film side per unit of body; `angle` in radians; `shift` in body coordinates.
  PhantomCanvas(int width, int height, double zoom, double angle, cv::Point2d shift);

  /// A closed curve, filled, with an edge of width `softness`.
  cv::Mat1f fill(const Curve& outline, double softness) const;
  /// Open curves drawn with a pen of `width`.
  cv::Mat1f stroke(const std::vector<Curve>& curves, double width, double softness) const;
  /// Smooth random clouds of grain `size`, in [0, 1].
  cv::Mat1f clouds(Random& random, double size) const;
  cv::Mat1f empty() const { return cv::Mat1f::zeros(height_, width_); }

 private:
  std::vector<cv::Point> pixels(const Curve& curve) const;
  void soften(cv::Mat1f& layer, double softness) const;

  int width_, height_;
  double unit_;  ///< pixels per unit of body
  double cosine_, sine_;
  cv::Point2d shift_;
};

/// An ellipse whose radius wavers by the fraction `roughness`.
Curve blob(cv::Point2d centre, double radius_x, double radius_y, double angle, double roughness,
           Random& random);

}  // namespace xrayclf
