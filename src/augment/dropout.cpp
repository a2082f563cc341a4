#include "xrayclf/augment/dropout.hpp"

#include <cmath>

#include "xrayclf/augment/border.hpp"

namespace xrayclf::transforms {
namespace {

int draw_side(const Range& range, SizeUnit unit, int side, Random& random) {
  if (unit == SizeUnit::fraction) return static_cast<int>(side * range.draw(random));
  const CountRange pixels{std::llround(range.low), std::llround(range.high)};
  return static_cast<int>(pixels.draw(random));
}

}  // namespace

CoarseDropout::Parameters CoarseDropout::sample(Random& random, cv::Size size) const {
  Parameters out;
  for (std::int64_t left = holes.draw(random); left > 0; --left) {
    const int hole_height = draw_side(height, unit, size.height, random);
    const int hole_width = draw_side(width, unit, size.width, random);
    if (hole_height > size.height || hole_width > size.width) {
      throw ConfigError("coarse_dropout: a hole of " + std::to_string(hole_width) + " x " +
                        std::to_string(hole_height) + " pixels does not fit into an image of " +
                        std::to_string(size.width) + " x " + std::to_string(size.height));
    }
    const CountRange rows{0, size.height - hole_height};
    const CountRange columns{0, size.width - hole_width};
    const auto y = static_cast<int>(rows.draw(random));
    const auto x = static_cast<int>(columns.draw(random));
    out.holes.emplace_back(x, y, hole_width, hole_height);
  }
  return out;
}

cv::Mat CoarseDropout::apply(const cv::Mat& grey, const Parameters& parameters) const {
  cv::Mat out = grey.clone();
  const cv::Rect whole(0, 0, grey.cols, grey.rows);
  for (const cv::Rect& hole : parameters.holes) {
    out(hole & whole).setTo(std::nearbyint(fill * full_scale(grey)));
  }
  return out;
}

void CoarseDropout::validate(const std::string& path) const {
  const auto refuse = [&](const char* side, const Range& range, const char* demand) {
    throw ConfigError(path + "." + side + " must be " + demand + ", got " + range.to_json().dump());
  };
  for (const auto& [side, range] : {std::pair{"height", height}, std::pair{"width", width}}) {
    if (unit == SizeUnit::fraction && range.high > 1) {
      refuse(side, range, "within [0, 1] where the unit is fraction");
    }
    if (unit == SizeUnit::pixels &&
        (range.low != std::floor(range.low) || range.high != std::floor(range.high))) {
      refuse(side, range, "whole where the unit is pixels");
    }
  }
}

}  // namespace xrayclf::transforms
