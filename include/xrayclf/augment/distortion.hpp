#pragma once

#include <vector>

#include "xrayclf/augment/border.hpp"
#include "xrayclf/augment/range.hpp"

namespace xrayclf::transforms {

/// albumentations' GridDistortion. Per axis, with n = num_steps and d = side / n in whole pixels,
/// strip i = 0 ... n covers pixels [i d, min((i + 1) d, side)), and its sources run evenly from
/// where the strip before ended over d * step_i pixels, both ends included. Steps ~ 1 + U(distort).
///   normalized: the last step is scaled by the rest's share and all to sum to side / d, so that no
///               source lies outside
///   1.3.1: a strip beyond the edge ends at `side` whatever its step
struct GridDistortion {
  static constexpr const char* kName = "grid_distortion";
  struct Parameters {
    std::vector<double> steps_x, steps_y;  ///< num_steps + 1 each, before any normalising
  };
  double p = 0.5;
  std::int64_t num_steps = 5;
  Range distort{-0.3, 0.3};
  bool normalized = true;
  Semantics semantics = Semantics::albumentations_2_0_8;
  Border border = Border::constant;
  double fill = 0;

  Parameters sample(Random& random, cv::Size size) const;
  /// Throws ConfigError where a side has fewer pixels than num_steps.
  cv::Mat apply(const cv::Mat& grey, const Parameters& parameters) const;

  template <class Field>
  static void fields(Field&& field) {
    field("p", &GridDistortion::p, "Probability", in_range(0.0, 1.0));
    field("num_steps", &GridDistortion::num_steps, "Strips along each axis",
          in_range(std::int64_t{1}, std::int64_t{64}));
    field("distort", &GridDistortion::distort, "Change of a strip's width", ends_in(-0.99, 0.99));
    field("normalized", &GridDistortion::normalized, "Keep all sources inside");
    field("semantics", &GridDistortion::semantics, "Whose last strip");
    field("border", &GridDistortion::border, "What stands beyond the edge");
    field("fill", &GridDistortion::fill, "Grey of a constant border", in_range(0.0, 1.0),
          Unit{"of full scale"});
  }
};

/// Source coordinate of each pixel of an axis of `side` pixels.
std::vector<float> grid_sources(std::int64_t side, std::vector<double> steps, bool normalized,
                                Semantics semantics);

enum class LensModel { camera, fisheye };

/// albumentations' OpticalDistortion.
///   camera:  u = (x - (w - 1) / 2) / w, v likewise, r2 = u^2 + v^2, g = 1 + k r2 + k r2^2; source
///            (u g w + w / 2, v g h + h / 2). The two centres differ by half a pixel (sic), so k =
///            0 shifts by that much.
///   fisheye: (2.0.8) about (w / 2, h / 2), source radius r (1 + k (r / R)^2), R that of the corner
struct OpticalDistortion {
  static constexpr const char* kName = "optical_distortion";
  struct Parameters {
    double k = 0;
  };
  double p = 0.5;
  Range k{-0.05, 0.05};
  LensModel model = LensModel::camera;
  Border border = Border::constant;
  double fill = 0;

  Parameters sample(Random& random, cv::Size size) const;
  cv::Mat apply(const cv::Mat& grey, const Parameters& parameters) const;

  template <class Field>
  static void fields(Field&& field) {
    field("p", &OpticalDistortion::p, "Probability", in_range(0.0, 1.0));
    field("k", &OpticalDistortion::k, "Strength of the lens; above 0 shrinks the rim",
          ends_in(-2.0, 2.0));
    field("model", &OpticalDistortion::model, "Kind of lens");
    field("border", &OpticalDistortion::border, "What stands beyond the edge");
    field("fill", &OpticalDistortion::fill, "Grey of a constant border", in_range(0.0, 1.0),
          Unit{"of full scale"});
  }
};

}  // namespace xrayclf::transforms

namespace xrayclf {
template <>
struct EnumNames<transforms::LensModel> {
  static constexpr std::array<std::pair<transforms::LensModel, std::string_view>, 2> value{
      {{transforms::LensModel::camera, "camera"}, {transforms::LensModel::fisheye, "fisheye"}}};
};
}  // namespace xrayclf
