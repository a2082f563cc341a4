#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "xrayclf/evaluation/figure.hpp"
#include "xrayclf/evaluation/predictions.hpp"
#include "xrayclf/metrics/conformal.hpp"

namespace xrayclf {

/// {"coverage", "score", "class_conditional", "thresholds", "images"}; an infinite threshold is
/// null.
nlohmann::json to_json(const ConformalThresholds& thresholds);
/// Throws ConfigError if it is not that, or not of this many classes.
ConformalThresholds conformal_thresholds_from_json(const nlohmann::json& section,
                                                   std::size_t classes);

/// How often sets held the truth of some images.
struct SetAssessment {
  ConformalThresholds thresholds;
  Figure coverage;                ///< Wilson's interval
  std::vector<Figure> per_class;  ///< coverage of the images of each class
  /// Where the coverage is to be, see expected_coverage(): of all images, or where the thresholds
  /// are class-conditional of each class; none for what nothing is promised of.
  std::optional<Interval> expected;
  std::vector<std::optional<Interval>> expected_of_class;
  double mean_size = 0;
  double single = 0;  ///< share of sets of one class
  double empty = 0;
};
SetAssessment assess_sets(const Predictions& predictions, const ConformalThresholds& thresholds,
                          double confidence);

nlohmann::ordered_json sets_json(const SetAssessment& sets,
                                 const std::vector<std::string>& classes);
/// For report.txt.
std::string sets_text(const SetAssessment& sets, const std::vector<std::string>& classes);

/// successes / trials with Wilson's interval.
Figure share_of_images(std::int64_t successes, std::int64_t trials, double confidence);

}  // namespace xrayclf
