#pragma once

#include "xrayclf/augment/border.hpp"
#include "xrayclf/augment/range.hpp"

namespace xrayclf::transforms {

/// albumentations' GaussianBlur, border reflect_101. The kernel's side is drawn from `kernel`, even
/// values becoming the next odd one; sigma from `sigma`.
///   1.3.1: cv::GaussianBlur; sigma 0 leaves it to OpenCV, which for a side to 7 takes fixed
///   kernels
///          (1 2 1, 1 4 6 4 1, 2 7 14 18 14 7 2) and else 0.3 ((side - 1) / 2 - 1) + 0.8
///   2.0.8: samples of exp(-x^2 / 2 sigma^2), normalised; side 0 means 2 int(3.5 sigma) + 1
struct GaussianBlur {
  static constexpr const char* kName = "gaussian_blur";
  struct Parameters {
    std::int64_t kernel = 0;
    double sigma = 1;
  };
  double p = 0.5;
  CountRange kernel{0, 0};
  Range sigma{0.5, 3};
  Semantics semantics = Semantics::albumentations_2_0_8;

  Parameters sample(Random& random, cv::Size size) const;
  cv::Mat apply(const cv::Mat& grey, const Parameters& parameters) const;
  /// Throws ConfigError where kernel and sigma together say nothing.
  void validate(const std::string& path) const;

  template <class Field>
  static void fields(Field&& field) {
    field("p", &GaussianBlur::p, "Probability", in_range(0.0, 1.0));
    field("kernel", &GaussianBlur::kernel, "Side, odd; 0 follows from sigma",
          ends_in(std::int64_t{0}, std::int64_t{101}), Unit{"pixels"});
    field("sigma", &GaussianBlur::sigma, "Width of the Gaussian", ends_in(0.0, 20.0),
          Unit{"pixels"});
    field("semantics", &GaussianBlur::semantics, "Whose kernel");
  }
};

/// Adds N(0, stddev * full scale) to each pixel, independently, and rounds.
struct GaussianNoise {
  static constexpr const char* kName = "gaussian_noise";
  struct Parameters {
    double stddev = 0;       ///< of full scale
    std::uint64_t seed = 0;  ///< of the pixels' draws
  };
  double p = 0.5;
  Range stddev{0.005, 0.03};

  Parameters sample(Random& random, cv::Size size) const;
  cv::Mat apply(const cv::Mat& grey, const Parameters& parameters) const;

  template <class Field>
  static void fields(Field&& field) {
    field("p", &GaussianNoise::p, "Probability", in_range(0.0, 1.0));
    field("stddev", &GaussianNoise::stddev, "Standard deviation", ends_in(0.0, 1.0),
          Unit{"of full scale"});
  }
};

/// Independent standard normal draws (Box-Muller), CV_32FC1.
cv::Mat normal_field(Random& random, cv::Size size);

}  // namespace xrayclf::transforms
