#pragma once

#include <opencv2/core/mat.hpp>

#include "xrayclf/core/fields.hpp"
#include "xrayclf/core/random.hpp"

namespace xrayclf::transforms {

/// Mirrors the columns. It puts the heart on the patient's other side and turns side markers
/// around: harmless for most findings, wrong where laterality is the finding (dextrocardia, the
/// side of an effusion).
struct HorizontalFlip {
  static constexpr const char* kName = "horizontal_flip";
  struct Parameters {};
  double p = 0.5;

  Parameters sample(Random& random, cv::Size size) const;
  cv::Mat apply(const cv::Mat& grey, const Parameters& parameters) const;

  template <class Field>
  static void fields(Field&& field) {
    field("p", &HorizontalFlip::p, "Probability", in_range(0.0, 1.0));
  }
};

}  // namespace xrayclf::transforms
