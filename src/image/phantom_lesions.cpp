#include "phantom_lesions.hpp"

#include <cmath>
#include <numbers>

namespace xrayclf {
namespace {

/// The point at `height` (0 apex, 1 base) and `out` (0 midline, 1 chest wall) of a lung.
cv::Point2d place(const PhantomLungs& lungs, double side, double height, double out) {
  const double wall = 0.06 + lungs.width * std::sqrt(1 - std::pow(1 - height, lungs.bow));
  return {side * out * wall, lungs.top + height * (lungs.bottom - lungs.top)};
}

/// Dark branching lines: bronchi that still hold air in a consolidated lobe.
std::vector<Curve> air_bronchograms(cv::Point2d centre, double side, double radius,
                                    Random& random) {
  std::vector<Curve> lines;
  for (int i = 0; i < 4; ++i) {
    double angle = (side > 0 ? 0 : std::numbers::pi) + random.uniform(-0.9, 0.9);
    cv::Point2d at = centre - cv::Point2d(side * 0.6 * radius, random.uniform(-0.3, 0.3) * radius);
    Curve line{at};
    for (int k = 0; k < 8; ++k) {
      angle += random.uniform(-0.2, 0.2);
      at += cv::Point2d(std::cos(angle), std::sin(angle)) * (0.16 * radius);
      line.push_back(at);
    }
    lines.push_back(line);
  }
  return lines;
}

void add_consolidation(cv::Mat1f& density, const PhantomCanvas& canvas, const PhantomLungs& lungs,
                       Random& random) {
  const double side = random.chance(0.55) ? -1 : 1;
  const double height = random.uniform(0.22, 0.82);
  const double radius = random.uniform(0.11, 0.15);
  const cv::Point2d centre = place(lungs, side, height, random.uniform(0.50, 0.70));
  cv::Mat1f lobe = canvas.fill(
      blob(centre, radius * 1.15, radius, random.uniform(-0.6, 0.6), 0.25, random), 0.045);
  // A fissure bounds the lobe on one side, so there the shadow ends in a line.
  const double slope = random.uniform(-0.15, 0.15);
  const double cut = (height < 0.5 ? 1 : -1) * random.uniform(0.35, 0.7) * radius;
  const double far = cut > 0 ? -1 : 1;
  lobe = lobe.mul(canvas.fill({{centre.x - 0.6, centre.y + cut - 0.6 * slope},
                               {centre.x + 0.6, centre.y + cut + 0.6 * slope},
                               {centre.x + 0.6, centre.y + far},
                               {centre.x - 0.6, centre.y + far}},
                              0.008));
  const cv::Mat1f texture = 0.75 + 0.5 * canvas.clouds(random, 0.05);
  const cv::Mat1f bronchi =
      canvas.stroke(air_bronchograms(centre, side, radius, random), 0.006, 0.005);
  const cv::Mat1f shadow = lobe.mul(texture).mul(1.0 - 0.3 * bronchi).mul(lungs.clear);
  density += shadow * random.uniform(0.28, 0.38);
}

void add_ground_glass(cv::Mat1f& density, const PhantomCanvas& canvas, const PhantomLungs& lungs,
                      Random& random) {
  cv::Mat1f haze = canvas.empty();
  for (const double side : {-1.0, 1.0}) {
    const int patches = 4 + static_cast<int>(random.below(3));
    for (int i = 0; i < patches; ++i) {
      // The larger of two draws: more disease towards the bases.
      const double height = std::max(random.uniform(0.2, 0.92), random.uniform(0.2, 0.92));
      const cv::Point2d centre = place(lungs, side, height, random.uniform(0.68, 0.95));
      const double radius = random.uniform(0.045, 0.08);
      const Curve outline =
          blob(centre, radius * 0.8, radius * 1.3, random.uniform(-0.4, 0.4), 0.35, random);
      haze = cv::max(haze, canvas.fill(outline, 0.05) * random.uniform(0.6, 1.0));
    }
  }
  const cv::Mat1f texture = 0.35 + 1.2 * canvas.clouds(random, 0.03);
  density += haze.mul(texture).mul(lungs.clear) * random.uniform(0.20, 0.30);
}

}  // namespace

void add_lesions(cv::Mat1f& density, const PhantomCanvas& canvas, const PhantomLungs& lungs,
                 Finding finding, Random& random) {
  switch (finding) {
    case Finding::normal:
      break;
    case Finding::pneumonia:
      add_consolidation(density, canvas, lungs, random);
      break;
    case Finding::covid19:
      add_ground_glass(density, canvas, lungs, random);
      break;
  }
}

}  // namespace xrayclf
