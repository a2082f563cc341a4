#pragma once

#include "xrayclf/augment/border.hpp"
#include "xrayclf/augment/range.hpp"

/// Transforms of single grey values v; `full` is the depth's full scale, and results are clipped to
/// 0 ... full.
namespace xrayclf::transforms {

/// v + offset * full, rounded.
struct Brightness {
  static constexpr const char* kName = "brightness";
  struct Parameters {
    double offset = 0;
  };
  double p = 0.5;
  Range offset{-0.2, 0.2};

  Parameters sample(Random& random, cv::Size size) const;
  cv::Mat apply(const cv::Mat& grey, const Parameters& parameters) const;

  template <class Field>
  static void fields(Field&& field) {
    field("p", &Brightness::p, "Probability", in_range(0.0, 1.0));
    field("offset", &Brightness::offset, "Added to each pixel", ends_in(-1.0, 1.0),
          Unit{"of full scale"});
  }
};

/// mean + (v - mean) * factor about the image's mean, rounded (as torchvision's adjust_contrast).
struct Contrast {
  static constexpr const char* kName = "contrast";
  struct Parameters {
    double factor = 1;
  };
  double p = 0.5;
  Range factor{0.8, 1.2};

  Parameters sample(Random& random, cv::Size size) const;
  cv::Mat apply(const cv::Mat& grey, const Parameters& parameters) const;

  template <class Field>
  static void fields(Field&& field) {
    field("p", &Contrast::p, "Probability", in_range(0.0, 1.0));
    field("factor", &Contrast::factor, "Scales the distance from the mean", ends_in(0.0, 10.0));
  }
};

/// What the offset of RandomBrightnessContrast is a fraction of.
enum class OffsetOf { full_scale, mean };

/// albumentations' RandomBrightnessContrast: v * alpha + beta * full in single precision,
/// truncated. With `offset_of` mean 1.3.1 adds alpha * beta * mean, 2.0.8 beta * mean. alpha = 1 +
/// contrast is drawn first, then beta = brightness.
struct BrightnessContrast {
  static constexpr const char* kName = "brightness_contrast";
  struct Parameters {
    double alpha = 1;
    double beta = 0;
  };
  double p = 0.5;
  Range brightness{-0.2, 0.2};
  Range contrast{-0.2, 0.2};
  OffsetOf offset_of = OffsetOf::full_scale;
  Semantics semantics = Semantics::albumentations_2_0_8;

  Parameters sample(Random& random, cv::Size size) const;
  cv::Mat apply(const cv::Mat& grey, const Parameters& parameters) const;

  template <class Field>
  static void fields(Field&& field) {
    field("p", &BrightnessContrast::p, "Probability", in_range(0.0, 1.0));
    field("brightness", &BrightnessContrast::brightness, "Offset", ends_in(-1.0, 1.0));
    field("contrast", &BrightnessContrast::contrast, "Factor less 1", ends_in(-1.0, 10.0));
    field("offset_of", &BrightnessContrast::offset_of, "What the offset is a fraction of");
    field("semantics", &BrightnessContrast::semantics, "Matters where offset_of is mean");
  }
};

/// full * (v / full) ^ gamma, rounded. Above 1 darkens.
struct Gamma {
  static constexpr const char* kName = "gamma";
  struct Parameters {
    double gamma = 1;
  };
  double p = 0.5;
  Range gamma{0.8, 1.25};

  Parameters sample(Random& random, cv::Size size) const;
  cv::Mat apply(const cv::Mat& grey, const Parameters& parameters) const;

  template <class Field>
  static void fields(Field&& field) {
    field("p", &Gamma::p, "Probability", in_range(0.0, 1.0));
    field("gamma", &Gamma::gamma, "Exponent; above 1 darkens", ends_in(0.05, 20.0));
  }
};

/// Contrast limited adaptive histogram equalisation (Zuiderveld 1994) by cv::CLAHE, as
/// albumentations has it; here also for 16 bit.
struct Clahe {
  static constexpr const char* kName = "clahe";
  struct Parameters {
    double clip_limit = 2;
  };
  double p = 0.5;
  Range clip_limit{1, 4};
  std::int64_t tiles = 8;

  Parameters sample(Random& random, cv::Size size) const;
  cv::Mat apply(const cv::Mat& grey, const Parameters& parameters) const;

  template <class Field>
  static void fields(Field&& field) {
    field("p", &Clahe::p, "Probability", in_range(0.0, 1.0));
    field("clip_limit", &Clahe::clip_limit, "Contrast limit", ends_in(0.0, 1000.0),
          Unit{"mean histogram bins"});
    field("tiles", &Clahe::tiles, "Tiles along each side",
          in_range(std::int64_t{1}, std::int64_t{64}));
  }
};

}  // namespace xrayclf::transforms

namespace xrayclf {
template <>
struct EnumNames<transforms::OffsetOf> {
  static constexpr std::array<std::pair<transforms::OffsetOf, std::string_view>, 2> value{
      {{transforms::OffsetOf::full_scale, "full_scale"}, {transforms::OffsetOf::mean, "mean"}}};
};
}  // namespace xrayclf
