#pragma once

#include <cstdint>
#include <vector>

#include <opencv2/core.hpp>

#include "xrayclf/core/fields.hpp"
#include "xrayclf/explain/explainer.hpp"
#include "xrayclf/model/input.hpp"

/// Whether a heat map shows what the network used: figures of one map, which need no annotation.
namespace xrayclf {

struct QualityConfig {
  std::int64_t steps = 16;
  std::int64_t shift = 4;
  double border = 0.08;
  std::int64_t randomisation_images = 16;

  template <class Field>
  static void fields(Field&& field) {
    field("steps", &QualityConfig::steps, "Steps of the insertion and deletion curves",
          in_range(std::int64_t{2}, std::int64_t{1000}));
    field("shift", &QualityConfig::shift, "By which images are shifted to see whether maps follow",
          in_range(std::int64_t{1}, std::int64_t{64}), Unit{"pixels of the prepared image"});
    field("border", &QualityConfig::border, "Width of the border as a share of the side",
          in_range(0.005, 0.45));
    field("randomisation_images", &QualityConfig::randomisation_images,
          "Images on which weights are randomised; 0 leaves that out",
          in_range(std::int64_t{0}, std::int64_t{100000}));
  }
};

/// The probability of the explained class as pixels are changed, at shares 0, 1/n, ... 1 of them.
struct PerturbationCurve {
  std::vector<double> probability;
  /// By the trapezoid rule over the shares, in [0, 1].
  double area() const;
};

/// Shares of pixels that ROAD removes.
inline const std::vector<double> kRoadShares = {0.2, 0.4, 0.6, 0.8};

/// Figures of one map.
struct MapQuality {
  /// RISE (Petsiuk et al. 2018). Insertion: pixels of the image appear on its blurred copy, hottest
  /// first; a large area is good. Deletion: they become mean grey, hottest first; a small area is
  /// good. Beside each the same in an order that knows nothing (random 16 x 16 cells).
  PerturbationCurve insertion, insertion_random, deletion, deletion_random;
  /// ROAD (Rong et al. 2022) at kRoadShares: probability with the hottest, and with the coldest
  /// pixels removed and filled from their surroundings; and the mean of half the difference,
  /// coldest less hottest, in [-0.5, 0.5]; large is good.
  std::vector<double> road_hottest, road_coldest;
  double road = 0;
  /// Share of the positive heat on the border, and the share of the area that the border is.
  double border_energy = 0, border_area = 0;
  /// Share of the positive heat outside a simple lung field (image/lung_field.hpp), and of the
  /// area.
  double outside_lung_energy = 0, outside_lung_area = 0;
  bool lungs_found = false;
  /// Mean correlation of the map with those of the image shifted four ways, shifted back; 1 is
  /// best. NaN where a map is flat.
  double stability = 0;
};

/// Measures the heat (prepared size) of class `cls`. `prepared` is CV_8UC1. What is random is a
/// function of the explainer's seed.
MapQuality measure_quality(const Explainer& explainer, const QualityConfig& config,
                           const cv::Mat& prepared, const InputSpec& input, std::int64_t cls,
                           const cv::Mat& heat);

/// Pearson's correlation of two maps (CV_32FC1, one size); NaN where one is flat.
double map_correlation(const cv::Mat& a, const cv::Mat& b);

/// Share of the positive part of `heat` where `mask` (CV_8UC1) is not 0; NaN where there is none.
double energy_share(const cv::Mat& heat, const cv::Mat& mask);

/// For each pixel its place (0 first) in the order hottest to coldest, CV_32SC1; ties are broken at
/// random by `seed`, so that no place is preferred.
cv::Mat heat_order(const cv::Mat& heat, std::uint64_t seed);

}  // namespace xrayclf
