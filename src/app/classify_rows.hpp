#pragma once

#include <cstdint>
#include <vector>

#include "xrayclf/data/prepared_set.hpp"
#include "xrayclf/evaluation/predictions.hpp"
#include "xrayclf/inference/classifier.hpp"
#include "xrayclf/inference/ensemble.hpp"

namespace xrayclf {

/// Predictions for these records of a set with the classifier's classes, in order. Throws DataError
/// for an image that cannot be read, Interrupted.
Predictions classify_rows(Classifier& classifier, const PreparedSet& set,
                          const std::vector<std::size_t>& rows, std::int64_t batch_size);

/// Predictions of an ensemble, and what they came from, one row an image.
struct RowOutputs {
  Predictions predictions;
  EnsembleOutputs outputs;
};
/// The same with an ensemble whose checkpoints all take the set's images.
RowOutputs classify_rows(Ensemble& ensemble, const PreparedSet& set,
                         const std::vector<std::size_t>& rows, std::int64_t batch_size);

/// Probabilities [N, K] in place of those of `predictions`.
void set_probabilities(Predictions& predictions, const torch::Tensor& probabilities);

}  // namespace xrayclf
