#include "xrayclf/evaluation/prediction_sets.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/metrics/proportion.hpp"

namespace xrayclf {
namespace {

nlohmann::ordered_json interval_json(const Interval& interval) {
  return {{"low", interval.low}, {"high", interval.high}};
}

/// What a coverage says beside the one that is expected.
std::string verdict(const Figure& coverage, const std::optional<Interval>& expected) {
  if (!expected || !coverage.value) return "";
  const double value = *coverage.value;
  return fmt::format("; expected of as many images {:.3f} to {:.3f}: {}", expected->low,
                     expected->high,
                     value < expected->low    ? "below it, these images are of another kind"
                     : value > expected->high ? "above it, sets are larger than needed"
                                              : "as stated");
}

}  // namespace

Figure share_of_images(std::int64_t successes, std::int64_t trials, double confidence) {
  Figure figure;
  if (trials == 0) {
    figure.reason = "no images";
    return figure;
  }
  figure.value = static_cast<double>(successes) / static_cast<double>(trials);
  figure.interval =
      wilson_interval(static_cast<double>(successes), static_cast<double>(trials), confidence);
  figure.method = "Wilson, images taken as independent";
  return figure;
}

nlohmann::json to_json(const ConformalThresholds& thresholds) {
  nlohmann::json out = write_json(thresholds.config);
  out["images"] = thresholds.images;
  out["thresholds"] = nlohmann::json::array();
  for (const double value : thresholds.thresholds) {
    out["thresholds"].push_back(std::isinf(value) ? nlohmann::json() : nlohmann::json(value));
  }
  return out;
}

ConformalThresholds conformal_thresholds_from_json(const nlohmann::json& section,
                                                   std::size_t classes) {
  try {
    nlohmann::json config = section;
    config.erase("images");
    config.erase("thresholds");
    ConformalThresholds out;
    out.config = read_json<ConformalConfig>(config, "sets");
    out.images = section.at("images").get<std::vector<std::int64_t>>();
    for (const nlohmann::json& value : section.at("thresholds")) {
      out.thresholds.push_back(value.is_null() ? std::numeric_limits<double>::infinity()
                                               : value.get<double>());
    }
    if (out.thresholds.size() != classes || out.images.size() != classes) {
      throw ConfigError("prediction sets of another number of classes");
    }
    return out;
  } catch (const nlohmann::json::exception& e) {
    throw ConfigError(std::string("prediction sets that cannot be read: ") + e.what());
  }
}

SetAssessment assess_sets(const Predictions& predictions, const ConformalThresholds& thresholds,
                          double confidence) {
  SetAssessment out;
  out.thresholds = thresholds;
  const auto n = static_cast<std::int64_t>(predictions.size());
  std::vector<std::int64_t> images(predictions.classes.size(), 0);
  std::vector<std::int64_t> covered(images.size(), 0);
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int64_t truth = predictions.truth[static_cast<std::size_t>(i)];
    const auto set = prediction_set(predictions.matrix().row(i), thresholds);
    const bool holds = std::find(set.begin(), set.end(), truth) != set.end();
    ++images[static_cast<std::size_t>(truth)];
    covered[static_cast<std::size_t>(truth)] += holds ? 1 : 0;
    out.mean_size += static_cast<double>(set.size()) / static_cast<double>(n);
    out.single += set.size() == 1 ? 1.0 / static_cast<double>(n) : 0;
    out.empty += set.empty() ? 1.0 / static_cast<double>(n) : 0;
  }
  const ConformalConfig& config = thresholds.config;
  std::int64_t all = 0;
  for (std::size_t c = 0; c < images.size(); ++c) {
    all += covered[c];
    out.per_class.push_back(share_of_images(covered[c], images[c], confidence));
    out.expected_of_class.emplace_back();
    if (config.class_conditional && images[c] > 0) {
      out.expected_of_class.back() =
          expected_coverage(thresholds.images[c], images[c], config.coverage, confidence);
    }
  }
  out.coverage = share_of_images(all, n, confidence);
  if (!config.class_conditional) {
    out.expected = expected_coverage(thresholds.images.front(), n, config.coverage, confidence);
  }
  return out;
}

nlohmann::ordered_json sets_json(const SetAssessment& sets,
                                 const std::vector<std::string>& classes) {
  nlohmann::ordered_json json;
  json["calibration"] = to_json(sets.thresholds);
  json["coverage"] = figure_json(sets.coverage);
  if (sets.expected) json["expected_coverage"] = interval_json(*sets.expected);
  for (std::size_t c = 0; c < classes.size(); ++c) {
    nlohmann::ordered_json& own = json["coverage_by_class"][json_key(classes[c])];
    own = figure_json(sets.per_class[c]);
    if (sets.expected_of_class[c]) own["expected"] = interval_json(*sets.expected_of_class[c]);
  }
  json["mean_size"] = sets.mean_size;
  json["single"] = sets.single;
  json["empty"] = sets.empty;
  return json;
}

std::string sets_text(const SetAssessment& sets, const std::vector<std::string>& classes) {
  const ConformalConfig& config = sets.thresholds.config;
  std::string out = fmt::format(
      "\nPrediction sets ({}) of coverage {:.4g}{}: {} held the truth{}\n", name_of(config.score),
      config.coverage, config.class_conditional ? " in each class" : "", figure_text(sets.coverage),
      verdict(sets.coverage, sets.expected));
  out += fmt::format("  mean size {:.2f}, of one class {:.1f} %, empty {:.1f} %\n", sets.mean_size,
                     100 * sets.single, 100 * sets.empty);
  for (std::size_t c = 0; c < classes.size(); ++c) {
    out += fmt::format("  {}: {}{}\n", printable(classes[c]), figure_text(sets.per_class[c]),
                       verdict(sets.per_class[c], sets.expected_of_class[c]));
  }
  return out;
}

}  // namespace xrayclf
