#pragma once

#include <vector>

#include <opencv2/core/mat.hpp>

#include "xrayclf/augment/range.hpp"

namespace xrayclf::transforms {

enum class SizeUnit { pixels, fraction };

/// Fills rectangles with a constant (DeVries & Taylor 2017), as albumentations' CoarseDropout. The
/// number of holes is drawn with both ends included; a side in whole pixels likewise, or as
/// int(side * U(low, high)); corners uniformly such that the hole lies within the image.
struct CoarseDropout {
  static constexpr const char* kName = "coarse_dropout";
  struct Parameters {
    std::vector<cv::Rect> holes;
  };
  double p = 0.5;
  CountRange holes{1, 2};
  Range height{0.1, 0.2};
  Range width{0.1, 0.2};
  SizeUnit unit = SizeUnit::fraction;
  double fill = 0;

  /// Throws ConfigError where a hole does not fit into the image.
  Parameters sample(Random& random, cv::Size size) const;
  /// Parts of holes outside the image are ignored.
  cv::Mat apply(const cv::Mat& grey, const Parameters& parameters) const;
  /// Throws ConfigError where sides do not fit `unit`.
  void validate(const std::string& path) const;

  template <class Field>
  static void fields(Field&& field) {
    field("p", &CoarseDropout::p, "Probability", in_range(0.0, 1.0));
    field("holes", &CoarseDropout::holes, "Number of holes",
          ends_in(std::int64_t{0}, std::int64_t{1000}));
    field("height", &CoarseDropout::height, "Height of a hole", ends_in(0.0, 16384.0));
    field("width", &CoarseDropout::width, "Width of a hole", ends_in(0.0, 16384.0));
    field("unit", &CoarseDropout::unit, "Whether sides are pixels or fractions of the image's");
    field("fill", &CoarseDropout::fill, "Grey of a hole", in_range(0.0, 1.0),
          Unit{"of full scale"});
  }
};

}  // namespace xrayclf::transforms

namespace xrayclf {
template <>
struct EnumNames<transforms::SizeUnit> {
  static constexpr std::array<std::pair<transforms::SizeUnit, std::string_view>, 2> value{
      {{transforms::SizeUnit::pixels, "pixels"}, {transforms::SizeUnit::fraction, "fraction"}}};
};
}  // namespace xrayclf
