#include "xrayclf/augment/mixing.hpp"

#include <algorithm>
#include <cmath>

namespace xrayclf::transforms {
namespace {

/// Logarithm of a Gamma(shape, 1) variate. Shapes below 1 are raised by one and scaled back by
/// U^(1/shape).
double draw_log_gamma(Random& random, double shape) {
  if (shape < 1) {
    const double boost = std::log(1.0 - random.uniform()) / shape;
    return draw_log_gamma(random, shape + 1) + boost;
  }
  const double d = shape - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  for (;;) {
    const double x = random.normal();
    const double root = 1.0 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    const double u = 1.0 - random.uniform();
    if (std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) return std::log(d) + std::log(v);
  }
}

}  // namespace

double draw_beta(Random& random, double a, double b) {
  const double log_x = draw_log_gamma(random, a);
  const double log_y = draw_log_gamma(random, b);
  return 1.0 / (1.0 + std::exp(log_y - log_x));
}

cv::Rect draw_cutmix_box(Random& random, double lambda, cv::Size size) {
  const double ratio = std::sqrt(1.0 - lambda);
  const int width = static_cast<int>(size.width * ratio);
  const int height = static_cast<int>(size.height * ratio);
  const auto centre_x = static_cast<int>(random.below(static_cast<std::uint64_t>(size.width)));
  const auto centre_y = static_cast<int>(random.below(static_cast<std::uint64_t>(size.height)));
  const int left = std::clamp(centre_x - width / 2, 0, size.width);
  const int top = std::clamp(centre_y - height / 2, 0, size.height);
  const int right = std::clamp(centre_x + width / 2, 0, size.width);
  const int bottom = std::clamp(centre_y + height / 2, 0, size.height);
  return {left, top, right - left, bottom - top};
}

}  // namespace xrayclf::transforms

namespace xrayclf {

std::vector<float> soft_targets(const std::vector<std::int64_t>& targets, std::int64_t classes,
                                const BatchMix& mix) {
  std::vector<float> soft(targets.size() * static_cast<std::size_t>(classes), 0.0f);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    float* row = soft.data() + i * static_cast<std::size_t>(classes);
    if (mix.kind == MixKind::none) {
      row[targets[i]] = 1;
      continue;
    }
    row[targets[i]] += static_cast<float>(mix.lambda);
    row[targets[static_cast<std::size_t>(mix.partner[i])]] += static_cast<float>(1.0 - mix.lambda);
  }
  return soft;
}

}  // namespace xrayclf
