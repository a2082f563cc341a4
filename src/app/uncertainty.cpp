#include "app/uncertainty.hpp"

#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/metrics/bootstrap.hpp"
#include "xrayclf/model/weights.hpp"

namespace xrayclf {
namespace {

/// Infinity is null, and after amend_calibration(), whose patch takes null for absence, no key.
nlohmann::json finite_or_null(double value) {
  return std::isinf(value) ? nlohmann::json() : nlohmann::json(value);
}
double absent_is_infinite(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? std::numeric_limits<double>::infinity()
                                                   : found->get<double>();
}

StoredUncertainty from_json(const nlohmann::json& section, std::size_t classes) {
  StoredUncertainty out;
  out.chosen.sets = conformal_thresholds_from_json(section.at("sets"), classes);
  const nlohmann::json& answer = section.at("answer");
  out.chosen.answer = {answer.at("max_risk").get<double>(),
                       absent_is_infinite(answer, "confidence")};
  const nlohmann::json& ood = section.at("ood");
  out.score = enum_from_name<OodScore>(ood.at("score").get<std::string>(), "ood.score");
  out.level = ood.at("level").get<double>();
  out.ood_threshold = absent_is_infinite(ood, "threshold");
  out.temperature = section.at("temperature").get<double>();
  out.fitted_on = section.at("fitted_on").get<std::string>();
  return out;
}

}  // namespace

StoredUncertainty fit_uncertainty(const Predictions& held_out, const EnsembleOutputs& outputs,
                                  const UncertaintyConfig& config) {
  const auto classes = static_cast<std::int64_t>(held_out.classes.size());
  StoredUncertainty out;
  out.chosen = fit_thresholds(held_out, config.sets, config.max_risk);
  out.score = config.ood;
  out.level = config.ood_level;
  torch::Tensor scores;
  if (config.ood == OodScore::mahalanobis) {
    out.statistics = fit_feature_statistics(outputs.features, held_out.truth, classes);
    scores = held_out_mahalanobis(outputs.features, held_out.truth, classes,
                                  groups_by_name(held_out.patients).of_sample);
  } else {
    scores = energy(outputs.logits);
  }
  scores = scores.contiguous();
  // The same rank as of a prediction set: a new image counts in.
  out.ood_threshold = conformal_quantile(
      {scores.data_ptr<double>(), scores.data_ptr<double>() + scores.numel()}, out.level);
  if (std::isinf(out.ood_threshold)) {
    spdlog::warn(
        "{} are too few to tell the {} % most usual from the rest: no image will be out "
        "of distribution",
        counted(static_cast<long long>(held_out.size()), "held-out image"), 100 * out.level);
  }
  if (std::isinf(out.chosen.answer.confidence)) {
    spdlog::warn(
        "even the most certain answers on {} are wrong more often than {} %: predict "
        "--abstain will abstain from all; raise --max_risk",
        counted(static_cast<long long>(held_out.size()), "held-out image"), 100 * config.max_risk);
  }
  return out;
}

nlohmann::json to_json(const StoredUncertainty& fitted) {
  return {{"sets", to_json(fitted.chosen.sets)},
          {"answer",
           {{"max_risk", fitted.chosen.answer.max_risk},
            {"confidence", finite_or_null(fitted.chosen.answer.confidence)}}},
          {"ood",
           {{"score", std::string(name_of(fitted.score))},
            {"level", fitted.level},
            {"threshold", finite_or_null(fitted.ood_threshold)}}},
          {"temperature", fitted.temperature},
          {"fitted_on", json_key(fitted.fitted_on)}};
}

std::optional<StoredUncertainty> stored_uncertainty(const Classifier& classifier) {
  const auto section = classifier.info().calibration.find(kUncertaintySection);
  if (section == classifier.info().calibration.end()) return std::nullopt;
  const std::string where = printable(classifier.path().string());
  StoredUncertainty out;
  try {
    out = from_json(*section, classifier.classes().size());
  } catch (const nlohmann::json::exception& e) {
    throw ModelError(where + ": its uncertainty cannot be read: " + e.what());
  } catch (const ConfigError& e) {
    throw ModelError(where + ": its uncertainty cannot be read: " + e.what());
  }
  if (std::abs(out.temperature / classifier.temperature() - 1) > 1e-12) {
    throw ModelError(fmt::format(
        "{}: its thresholds were chosen at temperature {:.6g}, it now has {:.6g}; choose them "
        "again with eval --calibrate",
        where, out.temperature, classifier.temperature()));
  }
  if (out.score == OodScore::energy) return out;
  auto tensors = read_tensors(classifier.path() / kUncertaintyTensors);
  const std::int64_t channels = classifier.network()->feature_channels();
  const auto classes = static_cast<std::int64_t>(classifier.classes().size());
  const torch::Tensor& means = tensors["means"];
  const torch::Tensor& precision = tensors["precision"];
  if (!means.defined() || !precision.defined() ||
      means.sizes() != torch::IntArrayRef({classes, channels}) ||
      precision.sizes() != torch::IntArrayRef({channels, channels})) {
    throw ModelError(where + ": " + kUncertaintyTensors + " is of another network");
  }
  out.statistics = {means, precision.to(torch::kDouble)};
  return out;
}

torch::Tensor ood_scores(const StoredUncertainty& stored, const torch::Tensor& features,
                         const torch::Tensor& logits) {
  return (stored.score == OodScore::mahalanobis ? mahalanobis(features, stored.statistics)
                                                : energy(logits))
      .contiguous();
}

}  // namespace xrayclf
