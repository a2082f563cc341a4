#pragma once

#include <cstdint>
#include <vector>

#include "app/uncertainty.hpp"
#include "xrayclf/data/prepared_set.hpp"
#include "xrayclf/evaluation/calibration.hpp"

namespace xrayclf {

/// Keeps the temperature in the classifier's checkpoint, where every later use finds it, and in the
/// classifier. Without a fit the checkpoint is left as it is, with a warning. Throws IoError.
void store_temperature(Classifier& classifier, const TemperatureScaling& scaling);

/// Keeps the temperature, or without a fit the absence of one, and what was fitted at it, in one
/// step. Throws IoError, ModelError.
void store_calibration(Classifier& classifier, const TemperatureScaling& scaling,
                       StoredUncertainty fitted);

/// Fits all of it on these held-out records and stores it. `ensemble` is one checkpoint. Throws as
/// classify_rows().
void calibrate_checkpoint(Ensemble& ensemble, const PreparedSet& set,
                          const std::vector<std::size_t>& rows, std::int64_t batch_size,
                          const UncertaintyConfig& config);

}  // namespace xrayclf
