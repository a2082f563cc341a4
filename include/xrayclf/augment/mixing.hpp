#pragma once

#include <cstdint>
#include <vector>

#include <opencv2/core/types.hpp>

#include "xrayclf/core/fields.hpp"
#include "xrayclf/core/random.hpp"

namespace xrayclf::transforms {

/// mixup (Zhang et al. 2018): lambda * own + (1 - lambda) * partner, lambda ~ Beta(alpha, alpha),
/// one a batch; images and targets alike.
struct Mixup {
  static constexpr const char* kName = "mixup";
  double p = 1;
  double alpha = 0.2;

  template <class Field>
  static void fields(Field&& field) {
    field("p", &Mixup::p, "Probability that a batch is mixed", in_range(0.0, 1.0));
    field("alpha", &Mixup::alpha, "lambda ~ Beta(alpha, alpha)", in_range(0.01, 100.0));
  }
};

/// CutMix (Yun et al. 2019): a box of the partner replaces that of the own image. With lambda ~
/// Beta(alpha, alpha) its sides are int(side * sqrt(1 - lambda)) about a uniform centre, cut at the
/// edges; lambda then becomes what is left of the own image.
struct Cutmix {
  static constexpr const char* kName = "cutmix";
  double p = 1;
  double alpha = 1;

  template <class Field>
  static void fields(Field&& field) {
    field("p", &Cutmix::p, "Probability that a batch is mixed", in_range(0.0, 1.0));
    field("alpha", &Cutmix::alpha, "lambda ~ Beta(alpha, alpha)", in_range(0.01, 100.0));
  }
};

/// Beta(a, b) as X / (X + Y) of gamma variates (Marsaglia & Tsang 2000), in logarithms so that
/// small a and b do not underflow. In [0, 1].
double draw_beta(Random& random, double a, double b);

/// The box that CutMix replaces for this lambda; may be empty.
cv::Rect draw_cutmix_box(Random& random, double lambda, cv::Size size);

}  // namespace xrayclf::transforms

namespace xrayclf {

enum class MixKind { none, mixup, cutmix };

/// How a batch is mixed: image i with image partner[i].
struct BatchMix {
  MixKind kind = MixKind::none;
  std::vector<std::int64_t> partner = {};  ///< a permutation; empty where kind is none
  double lambda = 1;                       ///< weight of the own image and target, in [0, 1]
  cv::Rect box = {};                       ///< of cutmix: pixels taken from the partner
};

/// Targets of a mixed batch as probabilities, row-major [targets.size(), classes]: lambda at the
/// own class plus 1 - lambda at the partner's.
std::vector<float> soft_targets(const std::vector<std::int64_t>& targets, std::int64_t classes,
                                const BatchMix& mix);

}  // namespace xrayclf
