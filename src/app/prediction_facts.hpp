#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/uncertainty.hpp"
#include "xrayclf/app/predict.hpp"
#include "xrayclf/image/film_check.hpp"

namespace xrayclf {

/// An image's place among the outputs of its batch, and its number among all.
struct OutputRow {
  const EnsembleOutputs& outputs;
  std::int64_t row = 0;
  std::uint64_t index = 0;
};

/// What `predict` says of an image beside its probabilities.
class PredictionFacts {
 public:
  /// Throws ConfigError for --abstain without stored thresholds, ModelError as
  /// stored_uncertainty().
  PredictionFacts(const PredictConfig& config, Ensemble& ensemble);

  /// In the order of the output.
  std::vector<std::string> names() const;
  void add(Prediction& prediction, const OutputRow& row,
           const std::optional<FilmCheck>& check) const;

 private:
  void add_entropies(Prediction& prediction, const OutputRow& row) const;
  /// Returns the reasons to abstain.
  std::vector<std::string> add_stored(Prediction& prediction, const OutputRow& row) const;

  const PredictConfig& config_;
  Ensemble& ensemble_;
  std::optional<StoredUncertainty> stored_;
};

}  // namespace xrayclf
