#pragma once

#include <array>
#include <optional>

#include "xrayclf/augment/border.hpp"
#include "xrayclf/augment/range.hpp"

namespace xrayclf::transforms {

/// Smooth random displacement (Simard et al. 2003), as albumentations' ElasticTransform.
///   1.3.1: noise U(-1, 1) for x and y, each smoothed like scipy's gaussian_filter (double, radius
///          int(4 sigma + 0.5), edge repeated), times alpha. Before it, with `legacy_affine`, an
///          affine warp that moves three points by U(-affine_jitter, affine_jitter) pixels each
///          way.
///   2.0.8: standard normal noise over its largest magnitude, both fields smoothed as one picture
///          of 2h rows (so they bleed into each other at the seam), times alpha. No affine.
/// The study's alpha 1, sigma 50 displaces by about 0.004 pixels rms at 224 pixels, that is not at
/// all; what 1.3.1 does with it is the affine warp, by 40 pixels on average.
struct Elastic {
  static constexpr const char* kName = "elastic";
  struct Parameters {
    /// From input to output, where there is an affine part.
    std::optional<cv::Matx23d> affine = {};
    cv::Mat dx = {}, dy = {};  ///< CV_32FC1, pixels: output (x, y) is input (x + dx, y + dy)
  };
  double p = 0.5;
  double alpha = 200;
  double sigma = 12;
  bool legacy_affine = false;
  double affine_jitter = 50;
  Semantics semantics = Semantics::albumentations_2_0_8;
  Border border = Border::reflect_101;
  double fill = 0;

  Parameters sample(Random& random, cv::Size size) const;
  cv::Mat apply(const cv::Mat& grey, const Parameters& parameters) const;
  /// Throws ConfigError for legacy_affine in the semantics of 2.0.8, which has none.
  void validate(const std::string& path) const;

  template <class Field>
  static void fields(Field&& field) {
    field("p", &Elastic::p, "Probability", in_range(0.0, 1.0));
    field("alpha", &Elastic::alpha, "Strength of the field", in_range(0.0, 1e6), Unit{"pixels"});
    field("sigma", &Elastic::sigma, "Smoothness of the field", in_range(0.1, 500.0),
          Unit{"pixels"});
    field("legacy_affine", &Elastic::legacy_affine,
          "Also the strong affine warp of albumentations 1.3.1");
    field("affine_jitter", &Elastic::affine_jitter, "Strength of that warp", in_range(0.0, 1000.0),
          Unit{"pixels"});
    field("semantics", &Elastic::semantics, "Whose field");
    field("border", &Elastic::border, "What stands beyond the edge");
    field("fill", &Elastic::fill, "Grey of a constant border", in_range(0.0, 1.0),
          Unit{"of full scale"});
  }
};

/// The three points that the affine part of 1.3.1 starts from, (x, y): the centre c = (h / 2, w /
/// 2) (sic) and s = min(h, w) / 3, all whole, give c + s, (c.x + s, c.y - s), c - s.
std::array<cv::Point2f, 3> legacy_affine_points(cv::Size size);

/// scipy.ndimage.gaussian_filter(noise, sigma) * alpha. `noise` is CV_64FC1, the result CV_32FC1.
cv::Mat smooth_field_1_3_1(const cv::Mat& noise, double sigma, double alpha);

/// The field of 2.0.8 for x (rows 0 ... h-1) and y (rows h ... 2h-1) from standard normal `noise`,
/// CV_32FC1 of 2h rows.
cv::Mat smooth_fields_2_0_8(const cv::Mat& noise, double sigma, double alpha);

}  // namespace xrayclf::transforms
