#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "xrayclf/app/uncertainty_config.hpp"
#include "xrayclf/evaluation/uncertainty_assessment.hpp"
#include "xrayclf/inference/ensemble.hpp"

namespace xrayclf {

/// What a checkpoint keeps about its own uncertainty: the section "uncertainty" of its calibration,
/// and for the Mahalanobis distance two tensors in kUncertaintyTensors.
struct StoredUncertainty {
  UncertaintyThresholds chosen;
  OodScore score = OodScore::mahalanobis;
  double level = 0.95;       ///< share of held-out images at or below `ood_threshold`
  double ood_threshold = 0;  ///< of the score; infinite where images were too few
  double temperature = 1;    ///< that `chosen` speaks of
  std::string fitted_on;
  FeatureStatistics statistics;  ///< undefined tensors for the energy
};
inline constexpr const char* kUncertaintyTensors = "uncertainty.safetensors";
inline constexpr const char* kUncertaintySection = "uncertainty";

/// From held-out predictions at the temperature that will be used, and what they came from.
StoredUncertainty fit_uncertainty(const Predictions& held_out, const EnsembleOutputs& outputs,
                                  const UncertaintyConfig& config);

nlohmann::json to_json(const StoredUncertainty& fitted);

/// Nothing in a checkpoint without it. Throws ModelError if it cannot be read, or the checkpoint
/// has since got another temperature.
std::optional<StoredUncertainty> stored_uncertainty(const Classifier& classifier);

/// [N] float64: the score that `stored` speaks of.
torch::Tensor ood_scores(const StoredUncertainty& stored, const torch::Tensor& features,
                         const torch::Tensor& logits);

}  // namespace xrayclf
