#include "xrayclf/image/phantom.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include <opencv2/imgproc.hpp>

#include "phantom_canvas.hpp"
#include "phantom_lesions.hpp"
#include "xrayclf/core/random.hpp"

namespace xrayclf {
namespace {

/// Streams of random numbers that must not touch each other.
enum Stream : std::uint64_t { kPatient, kAnatomy, kAcquisition, kLesions, kGrain };

std::uint64_t number(std::int64_t value) { return static_cast<std::uint64_t>(value); }

/// What stays the same in every film of a patient, in body coordinates.
struct Anatomy {
  explicit Anatomy(Random random)
      : lung_width(random.uniform(0.26, 0.31)),
        lung_top(random.uniform(-0.37, -0.32)),
        lung_bottom(random.uniform(0.24, 0.31)),
        lung_bow(random.uniform(1.9, 2.6)),
        dome(random.uniform(0.06, 0.10)),
        heart_width(random.uniform(0.13, 0.185)),
        heart_tilt(random.uniform(0.45, 0.9)),
        heart_shift(random.uniform(0.035, 0.065)),
        knob(random.uniform(0.026, 0.042)),
        spine_bend(random.uniform(-0.02, 0.02)),
        spine_width(random.uniform(0.032, 0.042)),
        rib_gap(random.uniform(0.058, 0.070)),
        rib_drop(random.uniform(0.05, 0.13)),
        rib_width(random.uniform(0.014, 0.020)),
        rib_density(random.uniform(0.05, 0.085)),
        clavicle_slope(random.uniform(-0.03, 0.05)),
        clavicle_height(random.uniform(-0.30, -0.26)),
        vessel_density(random.uniform(0.025, 0.055)),
        flesh(random.uniform(0.0, 0.12)),
        breast(random.chance(0.5) ? random.uniform(0.03, 0.10) : 0.0),
        vessel_seed(random.bits()) {}

  double lung_width, lung_top, lung_bottom, lung_bow, dome;
  double heart_width, heart_tilt, heart_shift, knob;
  double spine_bend, spine_width;
  double rib_gap, rib_drop, rib_width, rib_density;
  double clavicle_slope, clavicle_height;
  double vessel_density, flesh, breast;
  std::uint64_t vessel_seed;
};

/// What differs from film to film.
struct Acquisition {
  explicit Acquisition(Random random)
      : zoom(random.uniform(1.0, 1.22)),
        angle(random.uniform(-0.06, 0.06)),
        shift(random.uniform(-0.035, 0.035), random.uniform(-0.01, 0.05)),
        breath(random.uniform(-0.035, 0.02)),
        contrast(random.uniform(0.75, 1.25)),
        brightness(random.uniform(-0.11, 0.11)),
        gamma(random.uniform(0.75, 1.3)),
        noise(random.uniform(0.006, 0.022)),
        tilt_x(random.uniform(-0.09, 0.09)),
        tilt_y(random.uniform(-0.09, 0.09)),
        border(random.chance(0.4) ? random.uniform(0.005, 0.04) : 0.0),
        marked(random.chance(0.6)),
        mark(random.uniform(0.34, 0.42), random.uniform(-0.42, -0.30)) {}

  double zoom, angle;
  cv::Point2d shift;
  double breath, contrast, brightness, gamma, noise, tilt_x, tilt_y, border;
  bool marked;
  cv::Point2d mark;  ///< of the letter L, at the patient's left
};

/// Half the width of the lungs at height y, from the midline.
double chest_wall(const Anatomy& a, double y) {
  const double t = std::clamp((y - a.lung_top) / (a.lung_bottom - a.lung_top), 0.0, 1.0);
  return 0.06 + a.lung_width * std::sqrt(1 - std::pow(1 - t, a.lung_bow));
}

/// `side`: -1 the patient's right lung (on the left of the film), +1 the left one.
Curve lung_outline(const Anatomy& a, double side, double breath) {
  constexpr int kSteps = 40;
  const double bottom = a.lung_bottom - breath;
  const double wall = 0.06 + a.lung_width;
  Curve curve;
  for (int i = 0; i <= kSteps; ++i) {
    const double t = static_cast<double>(i) / kSteps;
    const double out = 0.06 + a.lung_width * std::sqrt(1 - std::pow(1 - t, a.lung_bow));
    curve.emplace_back(side * out, a.lung_top + t * (bottom - a.lung_top));
  }
  // The right dome stands higher, as the liver is below it.
  const double rise = a.dome + (side < 0 ? 0.02 : 0.0);
  for (int i = 1; i <= kSteps; ++i) {
    const double t = static_cast<double>(i) / kSteps;
    const double x = wall + t * (0.035 - wall);
    curve.emplace_back(
        side * x,
        bottom - rise * std::pow(std::sin(std::numbers::pi * std::pow(t, 0.75) * 0.78), 0.8));
  }
  curve.emplace_back(side * 0.04, -0.1);
  curve.emplace_back(side * 0.05, a.lung_top + 0.03);
  return curve;
}

Curve body_outline(const Anatomy& a) {
  const double hip = 0.06 + a.lung_width + 0.07 + 0.6 * a.flesh;
  const Curve half = {{0.095, -0.75}, {0.10, -0.44},     {0.17, -0.40},
                      {0.34, -0.365}, {0.46, -0.29},     {0.56, -0.14},
                      {0.60, 0.1},    {hip + 0.05, 0.3}, {hip + 0.03, 0.8}};
  Curve outline = half;
  for (auto p = half.rbegin(); p != half.rend(); ++p) outline.emplace_back(-p->x, p->y);
  return outline;
}

/// Posterior ribs run out and down from the spine, anterior ones come back in, steeper.
void add_ribs(const Anatomy& a, double side, std::vector<Curve>& posterior,
              std::vector<Curve>& anterior) {
  constexpr int kSteps = 24;
  for (int i = 0; i < 10; ++i) {
    const double origin = a.lung_top + 0.01 + a.rib_gap * i;
    const double reach = chest_wall(a, origin + 0.5 * a.rib_drop) + 0.012;
    Curve back, front;
    for (int k = 0; k <= kSteps; ++k) {
      const double t = static_cast<double>(k) / kSteps;
      const double out = 0.035 + (reach - 0.035) * std::sin(t * std::numbers::pi / 2);
      back.emplace_back(side * out,
                        origin - 0.03 * std::sin(t * std::numbers::pi) + a.rib_drop * t * t);
      const double in = reach * (1 - 0.62 * (1 - std::cos(t * std::numbers::pi / 2)));
      front.emplace_back(
          side * in,
          origin + a.rib_drop + 0.13 * std::sin(t * std::numbers::pi / 2) * (0.5 + 0.05 * i));
    }
    posterior.push_back(back);
    if (i < 7) anterior.push_back(front);
  }
}

Curve clavicle(const Anatomy& a, double side) {
  Curve curve;
  for (int k = 0; k <= 20; ++k) {
    const double t = k / 20.0;
    curve.emplace_back(side * (0.045 + 0.33 * t), a.clavicle_height - a.clavicle_slope * t -
                                                      0.035 * std::sin(t * 2.6) +
                                                      0.02 * std::sin(t * 5.5));
  }
  return curve;
}

/// A vessel and its branches, thinner at each fork.
void grow_vessel(Random& random, cv::Point2d at, double angle, int order,
                 std::vector<std::vector<Curve>>& by_order) {
  Curve curve{at};
  const int steps = 6 + static_cast<int>(random.below(4));
  for (int i = 0; i < steps; ++i) {
    angle += random.uniform(-0.16, 0.16);
    at += cv::Point2d(std::cos(angle), std::sin(angle)) * (0.016 - 0.002 * order);
    curve.push_back(at);
    if (order < 3 && i > 1 && random.chance(0.30)) {
      grow_vessel(random, at, angle + (random.chance(0.5) ? 0.55 : -0.55), order + 1, by_order);
    }
  }
  by_order[static_cast<std::size_t>(order)].push_back(curve);
  if (order < 3) grow_vessel(random, at, angle + random.uniform(-0.3, 0.3), order + 1, by_order);
}

cv::Mat1f draw_vessels(const PhantomCanvas& canvas, const Anatomy& a) {
  Random random(a.vessel_seed);
  std::vector<std::vector<Curve>> by_order(4);
  for (const double side : {-1.0, 1.0}) {
    for (int i = 0; i < 9; ++i) {
      const double fan = -1.25 + 2.6 * (i + random.uniform(0, 0.7)) / 9;
      const double angle = side > 0 ? fan : std::numbers::pi - fan;
      grow_vessel(random, {side * random.uniform(0.07, 0.10), random.uniform(-0.06, 0.05)}, angle,
                  0, by_order);
    }
  }
  cv::Mat1f layer = canvas.empty();
  const double widths[] = {0.013, 0.008, 0.005, 0.003};
  for (std::size_t order = 0; order < by_order.size(); ++order) {
    layer += canvas.stroke(by_order[order], widths[order], 0.004) *
             (1.0 - 0.2 * static_cast<double>(order));
  }
  return layer;
}

Curve ellipse(cv::Point2d centre, double radius_x, double radius_y, double angle) {
  Random unused(0);
  return blob(centre, radius_x, radius_y, angle, 0, unused);
}

struct Heart {
  cv::Mat1f shadow;  ///< heart and great vessels
  cv::Mat1f mediastinum;
};

Heart draw_heart(const PhantomCanvas& canvas, const Anatomy& a, double breath) {
  const double base = a.lung_bottom - breath - a.dome;
  Heart heart;
  heart.shadow =
      canvas.fill(ellipse({a.heart_shift, base - 0.06}, a.heart_width, 0.105, a.heart_tilt), 0.012);
  heart.shadow =
      cv::max(heart.shadow, canvas.fill(ellipse({0.05, -0.13}, a.knob, a.knob * 1.1, 0), 0.01));
  heart.shadow =
      cv::max(heart.shadow, canvas.fill(ellipse({-0.035, base - 0.05}, 0.075, 0.10, 0), 0.015));
  heart.mediastinum = canvas.fill({{-0.05, -0.6},
                                   {0.05, -0.6},
                                   {0.055, -0.2},
                                   {0.075, 0.0},
                                   {0.085, 0.2},
                                   {0.08, 0.8},
                                   {-0.08, 0.8},
                                   {-0.065, 0.2},
                                   {-0.06, 0.0},
                                   {-0.055, -0.2}},
                                  0.02);
  return heart;
}

void add_bones(cv::Mat1f& density, const PhantomCanvas& canvas, const Anatomy& a,
               const cv::Mat1f& body) {
  std::vector<Curve> posterior, anterior, scapulae, clavicles;
  for (const double side : {-1.0, 1.0}) {
    add_ribs(a, side, posterior, anterior);
    clavicles.push_back(clavicle(a, side));
    scapulae.push_back(
        {{side * 0.40, -0.27}, {side * 0.36, -0.12}, {side * 0.345, 0.02}, {side * 0.38, 0.07}});
  }
  // Cortical bone absorbs more than the marrow between, so a rib shows two bright lines.
  const double w = a.rib_width;
  cv::Mat1f bones =
      canvas.stroke(posterior, w, 0.006) * 1.5 - canvas.stroke(posterior, w * 0.5, 0.006) * 0.6;
  bones += canvas.stroke(anterior, w * 1.1, 0.008) * 0.8 -
           canvas.stroke(anterior, w * 0.6, 0.008) * 0.35;
  bones +=
      canvas.stroke(clavicles, 0.026, 0.006) * 1.9 - canvas.stroke(clavicles, 0.013, 0.006) * 0.6;
  bones += canvas.stroke(scapulae, 0.012, 0.01) * 0.9;
  density += bones.mul(body) * a.rib_density;

  Curve spine;
  std::vector<Curve> discs;
  for (int i = 0; i <= 30; ++i) {
    const double y = -0.7 + 1.5 * i / 30;
    const double x = a.spine_bend * std::sin(3 * y);
    spine.emplace_back(x, y);
    if (i % 2 == 0) discs.push_back({{x - a.spine_width, y}, {x + a.spine_width, y}});
  }
  density += canvas.stroke({spine}, 2 * a.spine_width, 0.015) * 0.10;
  density -= canvas.stroke(discs, 0.008, 0.01) * 0.05;
  density -= canvas.stroke({{{0.004, -0.7}, {0.0, -0.3}, {0.004, -0.10}}}, 0.028, 0.012) *
             0.07;  // trachea
}

/// How much of the beam is absorbed, about 0 (air) to 1 (bone over the heart).
cv::Mat1f draw_density(const PhantomCanvas& canvas, const Anatomy& a, const Acquisition& film,
                       Finding finding, Random& lesions) {
  const cv::Mat1f body = canvas.fill(body_outline(a), 0.03);
  const cv::Mat1f right = canvas.fill(lung_outline(a, -1, film.breath), 0.012);
  const cv::Mat1f left = canvas.fill(lung_outline(a, 1, film.breath), 0.012);
  const cv::Mat1f lungs = cv::max(right, left);
  const Heart heart = draw_heart(canvas, a, film.breath);

  cv::Mat1f density = body * (0.56 + a.flesh);
  const cv::Mat1f clear = lungs.mul(1.0 - heart.shadow * 0.72).mul(1.0 - heart.mediastinum * 0.65);
  density -= clear * (0.40 + 0.6 * a.flesh);
  density += heart.mediastinum.mul(body) * 0.06;
  // The abdomen, below the domes.
  density += canvas.fill({{-0.7, 0.2}, {0.7, 0.2}, {0.7, 0.9}, {-0.7, 0.9}}, 0.12)
                 .mul(body - lungs.mul(body)) *
             0.10;
  if (a.breast > 0) {
    for (const double side : {-1.0, 1.0}) {
      density +=
          canvas.fill(ellipse({side * 0.20, 0.15}, 0.15, 0.14, 0), 0.05).mul(body) * a.breast;
    }
  }
  density += draw_vessels(canvas, a).mul(clear) * a.vessel_density;
  const PhantomLungs site{a.lung_top, a.lung_bottom - film.breath, a.lung_width, a.lung_bow, clear};
  add_lesions(density, canvas, site, finding, lesions);
  add_bones(density, canvas, a, body);
  return density;
}

/// The detector and the darkroom: exposure, grain, marker, collimator.
cv::Mat develop(cv::Mat1f density, const PhantomCanvas& canvas, const Acquisition& film,
                Random grain) {
  const int rows = density.rows, columns = density.cols;
  density += (canvas.clouds(grain, 0.10) - 0.5) * 0.05;
  cv::GaussianBlur(density, density, cv::Size(), 0.0012 * std::min(rows, columns) + 0.3);
  if (film.marked) {
    const cv::Point2d at = film.mark;
    density = cv::max(
        density, canvas.stroke({{at, at + cv::Point2d(0, 0.05), at + cv::Point2d(0.025, 0.05)}},
                               0.008, 0.002));
  }
  const int border = cvRound(film.border * std::min(rows, columns));
  cv::Mat1w pixels(rows, columns);
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < columns; ++x) {
      const double tilt = film.tilt_x * (static_cast<double>(x) / columns - 0.5) +
                          film.tilt_y * (static_cast<double>(y) / rows - 0.5);
      const double exposed = 0.48 + film.contrast * (density(y, x) - 0.45) + film.brightness + tilt;
      const double shown = std::pow(1 / (1 + std::exp(-5.0 * (exposed - 0.5))), film.gamma) +
                           film.noise * grain.normal();
      const bool covered = std::min({x, y, columns - 1 - x, rows - 1 - y}) < border;
      pixels(y, x) = covered ? 0 : static_cast<std::uint16_t>(std::clamp(shown, 0.0, 1.0) * 65535);
    }
  }
  return pixels;
}

}  // namespace

PhantomPatient phantom_patient(std::uint64_t seed, std::int64_t patient) {
  Random random(derive_seed(seed, {kPatient, number(patient)}));
  PhantomPatient person;
  person.sex = random.chance(0.5) ? "F" : "M";
  person.age = 18 + static_cast<std::int64_t>(random.below(73));
  return person;
}

cv::Mat draw_phantom(const PhantomParameters& p) {
  if (p.width < 32 || p.height < 32) throw std::invalid_argument("a phantom needs 32 x 32 pixels");
  const auto film_random = [&](Stream stream) {
    return Random(derive_seed(p.seed, {stream, number(p.patient), number(p.image)}));
  };
  const Anatomy anatomy(Random(derive_seed(p.seed, {kAnatomy, number(p.patient)})));
  const Acquisition film(film_random(kAcquisition));
  const PhantomCanvas canvas(static_cast<int>(p.width), static_cast<int>(p.height), film.zoom,
                             film.angle, film.shift);
  // Sick films of one patient show the same disease at the same place.
  Random lesions(derive_seed(p.seed, {kLesions, number(p.patient)}));
  const cv::Mat1f density = draw_density(canvas, anatomy, film, p.finding, lesions);
  return develop(density, canvas, film, film_random(kGrain));
}

}  // namespace xrayclf
