#pragma once

#include "xrayclf/augment/border.hpp"
#include "xrayclf/augment/range.hpp"

/// Rotation, shift, shear and zoom about the image's centre ((w - 1) / 2, (h - 1) / 2). Each
/// transform draws its parameters with `sample` and is otherwise a pure function, `apply`.
namespace xrayclf::transforms {

/// What an affine transform does to the picture, in this order: zoom, shear, rotate, shift.
struct AffineParameters {
  double degrees = 0;               ///< positive is counter-clockwise on the screen
  double shift_x = 0, shift_y = 0;  ///< fractions of width and height; right and down
  double shear_x = 0, shear_y = 0;  ///< degrees; x leans columns as y grows, y leans rows
  double zoom_x = 1, zoom_y = 1;    ///< above 1 enlarges
};

/// The matrix from input to output pixels of an image of that size.
cv::Matx23d affine_matrix(const AffineParameters& parameters, cv::Size size);

/// Rotation as albumentations' Rotate: the matrix of cv::getRotationMatrix2D, size kept. 1.3.1 has
/// border reflect_101, 2.0.8 constant 0; both draw the angle uniformly.
struct Rotate {
  static constexpr const char* kName = "rotate";
  double p = 0.5;
  Range degrees{-15, 15};
  Border border = Border::reflect_101;
  double fill = 0;

  AffineParameters sample(Random& random, cv::Size size) const;
  cv::Mat apply(const cv::Mat& grey, const AffineParameters& parameters) const;

  template <class Field>
  static void fields(Field&& field) {
    field("p", &Rotate::p, "Probability", in_range(0.0, 1.0));
    field("degrees", &Rotate::degrees, "Angle, counter-clockwise", ends_in(-360.0, 360.0));
    field("border", &Rotate::border, "What stands beyond the edge");
    field("fill", &Rotate::fill, "Grey of a constant border", in_range(0.0, 1.0),
          Unit{"of full scale"});
  }
};

struct Shift {
  static constexpr const char* kName = "shift";
  double p = 0.5;
  Range x{-0.1, 0.1};
  Range y{-0.1, 0.1};
  Border border = Border::reflect_101;
  double fill = 0;

  AffineParameters sample(Random& random, cv::Size size) const;
  cv::Mat apply(const cv::Mat& grey, const AffineParameters& parameters) const;

  template <class Field>
  static void fields(Field&& field) {
    field("p", &Shift::p, "Probability", in_range(0.0, 1.0));
    field("x", &Shift::x, "To the right", ends_in(-1.0, 1.0), Unit{"of the width"});
    field("y", &Shift::y, "Downwards", ends_in(-1.0, 1.0), Unit{"of the height"});
    field("border", &Shift::border, "What stands beyond the edge");
    field("fill", &Shift::fill, "Grey of a constant border", in_range(0.0, 1.0),
          Unit{"of full scale"});
  }
};

struct Shear {
  static constexpr const char* kName = "shear";
  double p = 0.5;
  Range x{-10, 10};
  Range y{0, 0};
  Border border = Border::reflect_101;
  double fill = 0;

  AffineParameters sample(Random& random, cv::Size size) const;
  cv::Mat apply(const cv::Mat& grey, const AffineParameters& parameters) const;

  template <class Field>
  static void fields(Field&& field) {
    field("p", &Shear::p, "Probability", in_range(0.0, 1.0));
    field("x", &Shear::x, "Columns shift as y grows", ends_in(-60.0, 60.0), Unit{"degrees"});
    field("y", &Shear::y, "Rows shift as x grows", ends_in(-60.0, 60.0), Unit{"degrees"});
    field("border", &Shear::border, "What stands beyond the edge");
    field("fill", &Shear::fill, "Grey of a constant border", in_range(0.0, 1.0),
          Unit{"of full scale"});
  }
};

enum class Axes { together, independent };

struct Zoom {
  static constexpr const char* kName = "zoom";
  double p = 0.5;
  Range factor{0.9, 1.1};
  Axes axes = Axes::together;
  Border border = Border::reflect_101;
  double fill = 0;

  AffineParameters sample(Random& random, cv::Size size) const;
  cv::Mat apply(const cv::Mat& grey, const AffineParameters& parameters) const;

  template <class Field>
  static void fields(Field&& field) {
    field("p", &Zoom::p, "Probability", in_range(0.0, 1.0));
    field("factor", &Zoom::factor, "Above 1 enlarges", ends_in(0.1, 10.0));
    field("axes", &Zoom::axes, "One factor, or one an axis");
    field("border", &Zoom::border, "What stands beyond the edge");
    field("fill", &Zoom::fill, "Grey of a constant border", in_range(0.0, 1.0),
          Unit{"of full scale"});
  }
};

/// All four in one warp, so that the picture is interpolated once.
struct Affine {
  static constexpr const char* kName = "affine";
  double p = 1;
  Range degrees{-10, 10};
  Range shift_x{-0.05, 0.05};
  Range shift_y{-0.05, 0.05};
  Range shear{0, 0};
  Range zoom{0.9, 1.1};
  Axes zoom_axes = Axes::together;
  Border border = Border::reflect_101;
  double fill = 0;

  AffineParameters sample(Random& random, cv::Size size) const;
  cv::Mat apply(const cv::Mat& grey, const AffineParameters& parameters) const;

  template <class Field>
  static void fields(Field&& field) {
    field("p", &Affine::p, "Probability", in_range(0.0, 1.0));
    field("degrees", &Affine::degrees, "Angle, counter-clockwise", ends_in(-360.0, 360.0));
    field("shift_x", &Affine::shift_x, "To the right", ends_in(-1.0, 1.0), Unit{"of the width"});
    field("shift_y", &Affine::shift_y, "Downwards", ends_in(-1.0, 1.0), Unit{"of the height"});
    field("shear", &Affine::shear, "Columns shift as y grows", ends_in(-60.0, 60.0),
          Unit{"degrees"});
    field("zoom", &Affine::zoom, "Above 1 enlarges", ends_in(0.1, 10.0));
    field("zoom_axes", &Affine::zoom_axes, "One factor, or one an axis");
    field("border", &Affine::border, "What stands beyond the edge");
    field("fill", &Affine::fill, "Grey of a constant border", in_range(0.0, 1.0),
          Unit{"of full scale"});
  }
};

}  // namespace xrayclf::transforms

namespace xrayclf {
template <>
struct EnumNames<transforms::Axes> {
  static constexpr std::array<std::pair<transforms::Axes, std::string_view>, 2> value{
      {{transforms::Axes::together, "together"}, {transforms::Axes::independent, "independent"}}};
};
}  // namespace xrayclf
