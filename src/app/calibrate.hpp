#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "xrayclf/data/prepared_set.hpp"
#include "xrayclf/evaluation/calibration.hpp"
#include "xrayclf/inference/classifier.hpp"

namespace xrayclf {

/// Keeps the temperature in the classifier's checkpoint, where every later use finds it, and in the
/// classifier. Without a fit the checkpoint is left as it is, with a warning. Throws IoError.
void store_temperature(Classifier& classifier, const TemperatureScaling& scaling);

/// Fits a temperature on these held-out records and stores it. Throws as classify_rows().
void calibrate_checkpoint(Classifier& classifier, const PreparedSet& set,
                          const std::vector<std::size_t>& rows, std::int64_t batch_size);

}  // namespace xrayclf
