#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "xrayclf/core/fields.hpp"
#include "xrayclf/metrics/interval.hpp"
#include "xrayclf/metrics/probabilities.hpp"

/// Split conformal prediction: sets of classes that hold the truth with a stated probability, for
/// images that are exchangeable with those of the calibration (Vovk et al. 2005; Angelopoulos &
/// Bates 2021).
namespace xrayclf {

/// How badly a class fits an image.
enum class ConformalScore {
  lac,  ///< 1 - p (Sadinle et al. 2019): the smallest sets, which may be empty
  aps,  ///< mass of all classes at least as probable, the class included (Romano et al. 2020,
        ///< without randomisation, hence conservative): sets that grow with difficulty
};
template <>
struct EnumNames<ConformalScore> {
  static constexpr std::array<std::pair<ConformalScore, std::string_view>, 2> value{
      {{ConformalScore::lac, "lac"}, {ConformalScore::aps, "aps"}}};
};

/// Among equal probabilities the class of the lower index comes first.
double conformal_score(std::span<const double> probabilities, std::int64_t label,
                       ConformalScore score);

/// The ceil((n + 1) coverage)-th smallest of n scores; infinite where that is beyond n: too few
/// scores for this coverage, every class belongs in.
double conformal_quantile(std::vector<double> scores, double coverage);

struct ConformalConfig {
  double coverage = 0.9;
  ConformalScore score = ConformalScore::lac;
  bool class_conditional = false;

  template <class Field>
  static void fields(Field&& field) {
    field("coverage", &ConformalConfig::coverage,
          "How often a prediction set is to hold the true class", in_range(0.5, 0.9999));
    field("score", &ConformalConfig::score,
          "lac: smallest sets, may be empty; aps: sets that adapt to the image");
    field("class_conditional", &ConformalConfig::class_conditional,
          "Whether the coverage is to hold for the images of each class, not only for all");
  }
};

struct ConformalThresholds {
  ConformalConfig config;
  std::vector<double> thresholds;    ///< by class; infinite where images were too few
  std::vector<std::int64_t> images;  ///< that each threshold rests on
};

/// Thresholds from images whose truth is known, none of which the model was fitted on.
ConformalThresholds fit_conformal(std::span<const std::int64_t> truth,
                                  ProbabilityMatrix probabilities, const ConformalConfig& config);

/// The classes whose score is at most their threshold, rising; may be empty under lac.
std::vector<std::int64_t> prediction_set(std::span<const double> probabilities,
                                         const ConformalThresholds& thresholds);

/// Where the covered share of `tested` new images lies with this confidence, over the choice of
/// both the `calibrated` and the new images: the beta-binomial with parameters k =
/// ceil((n+1) coverage) and n+1-k (Vovk 2012), exact for scores without ties, lower ends of others.
/// [1, 1] where calibrated images are too few.
Interval expected_coverage(std::int64_t calibrated, std::int64_t tested, double coverage,
                           double confidence = 0.95);

}  // namespace xrayclf
