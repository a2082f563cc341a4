#pragma once

#include <opencv2/core/mat.hpp>

#include "xrayclf/augment/range.hpp"

namespace xrayclf::transforms {

/// Cuts out a part and stretches it to the image's size, bilinearly (Szegedy et al. 2015, as
/// torchvision's RandomResizedCrop): area ~ U(scale) of the image's, log of the crop's width /
/// height ~ U(log ratio), corner uniform; after ten draws that do not fit, the largest central crop
/// whose ratio is within `ratio`.
struct RandomResizedCrop {
  static constexpr const char* kName = "random_resized_crop";
  struct Parameters {
    cv::Rect crop;
  };
  double p = 0.5;
  Range scale{0.8, 1.0};
  Range ratio{0.75, 4.0 / 3.0};

  Parameters sample(Random& random, cv::Size size) const;
  /// `crop` lies within the image.
  cv::Mat apply(const cv::Mat& grey, const Parameters& parameters) const;

  template <class Field>
  static void fields(Field&& field) {
    field("p", &RandomResizedCrop::p, "Probability", in_range(0.0, 1.0));
    field("scale", &RandomResizedCrop::scale, "Area of the crop", ends_in(0.01, 1.0),
          Unit{"of the image's area"});
    field("ratio", &RandomResizedCrop::ratio, "Width over height of the crop", ends_in(0.1, 10.0));
  }
};

}  // namespace xrayclf::transforms
