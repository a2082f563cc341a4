#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include <opencv2/core/mat.hpp>
#include <opencv2/core/matx.hpp>

#include "xrayclf/augment/range.hpp"

namespace xrayclf::transforms {

/// scipy.ndimage's rules beyond the edge: nearest clamps, reflect repeats the edge pixel, constant
/// takes `cval` for every position outside [0, n - 1] without blending, wrap has period n - 1.
enum class FillMode { nearest, reflect, constant, wrap };

/// ImageDataGenerator of Keras 2.13.1 (apply_transform and get_random_transform, with scipy's
/// linear interpolation in double): one affine warp, then channel shift, horizontal flip, vertical
/// flip, brightness.
///
/// The matrix R T S Z (rotation, shift, shear, zoom) maps OUTPUT to INPUT, so zoom above 1 shrinks
/// and tx above 0 moves the picture to the left. Keras exchanges the axes after building it: tx,
/// drawn from height_shift_range times the height, moves columns; ty rows; zx acts on columns; and
/// the centre has height and width exchanged, which shows on images that are not square.
struct KerasImageDataGenerator {
  static constexpr const char* kName = "keras_image_data_generator";
  struct Parameters {
    double theta = 0;       ///< degrees, counter-clockwise on the screen
    double tx = 0, ty = 0;  ///< pixels
    double shear = 0;       ///< degrees
    double zx = 1, zy = 1;
    std::optional<double> channel_shift =
        {};  ///< grey levels, then clipped to the image's own range
    bool flip_horizontal = false, flip_vertical = false;
    std::optional<double> brightness =
        {};  ///< a factor; grey levels are cut to whole before and after
  };
  double p = 1;
  double rotation_range = 15;
  double width_shift_range = 0.1;
  double height_shift_range = 0.1;
  double shear_range = 0;
  Range zoom_range{0.9, 1.1};
  double channel_shift_range = 0;
  Range brightness_range{1, 1};
  bool horizontal_flip = true;
  bool vertical_flip = false;
  FillMode fill_mode = FillMode::nearest;
  double cval = 0;

  Parameters sample(Random& random, cv::Size size) const;
  /// Rounds half to even and clips what apply_to_float returns.
  cv::Mat apply(const cv::Mat& grey, const Parameters& parameters) const;
  /// CV_32FC1 in grey levels of the depth of `grey`, as the Keras function returns them.
  cv::Mat apply_to_float(const cv::Mat& grey, const Parameters& parameters) const;

  template <class Field>
  static void fields(Field&& field) {
    using Self = KerasImageDataGenerator;
    field("p", &Self::p, "Probability (Keras: 1)", in_range(0.0, 1.0));
    field("rotation_range", &Self::rotation_range, "theta ~ U(-range, range)", in_range(0.0, 360.0),
          Unit{"degrees"});
    field("width_shift_range", &Self::width_shift_range, "ty ~ U(-range, range) * width",
          in_half_open(0.0, 1.0));
    field("height_shift_range", &Self::height_shift_range, "tx ~ U(-range, range) * height",
          in_half_open(0.0, 1.0));
    field("shear_range", &Self::shear_range, "shear ~ U(-range, range)", in_range(0.0, 80.0),
          Unit{"degrees"});
    field("zoom_range", &Self::zoom_range, "zx, zy ~ U(range), independently", ends_in(0.1, 10.0));
    field("channel_shift_range", &Self::channel_shift_range, "shift ~ U(-range, range)",
          in_range(0.0, 65535.0), Unit{"grey levels"});
    field("brightness_range", &Self::brightness_range, "factor ~ U(range); [1, 1] is off",
          ends_in(0.0, 10.0));
    field("horizontal_flip", &Self::horizontal_flip, "Flip with probability 0.5");
    field("vertical_flip", &Self::vertical_flip, "Flip with probability 0.5");
    field("fill_mode", &Self::fill_mode, "What stands beyond the edge");
    field("cval", &Self::cval, "Grey of fill mode constant", in_range(0.0, 65535.0),
          Unit{"grey levels"});
  }
};

/// From output (row, column) to input (row, column).
cv::Matx23d keras_matrix(const KerasImageDataGenerator::Parameters& parameters, cv::Size size);

}  // namespace xrayclf::transforms

namespace xrayclf {
template <>
struct EnumNames<transforms::FillMode> {
  static constexpr std::array<std::pair<transforms::FillMode, std::string_view>, 4> value{
      {{transforms::FillMode::nearest, "nearest"},
       {transforms::FillMode::reflect, "reflect"},
       {transforms::FillMode::constant, "constant"},
       {transforms::FillMode::wrap, "wrap"}}};
};
}  // namespace xrayclf
