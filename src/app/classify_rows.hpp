#pragma once

#include <cstdint>
#include <vector>

#include "xrayclf/data/prepared_set.hpp"
#include "xrayclf/evaluation/predictions.hpp"
#include "xrayclf/inference/classifier.hpp"

namespace xrayclf {

/// Predictions for these records of a set with the classifier's classes, in order. Throws DataError
/// for an image that cannot be read, Interrupted.
Predictions classify_rows(Classifier& classifier, const PreparedSet& set,
                          const std::vector<std::size_t>& rows, std::int64_t batch_size);

}  // namespace xrayclf
