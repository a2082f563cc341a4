#pragma once

#include <string>
#include <vector>

#include "xrayclf/data/prepared_set.hpp"
#include "xrayclf/evaluation/predictions.hpp"
#include "xrayclf/evaluation/report.hpp"
#include "xrayclf/inference/classifier.hpp"

namespace xrayclf {

/// A checkpoint answers in its own classes and wants images prepared as its own were. Throws
/// ModelError with the difference.
void require_fit(const PreparedSet& set, const Classifier& classifier);

/// The shortcut baselines that preprocess measured on this data set.
std::vector<Baseline> stored_baselines(const PreparedSet& set);

/// Throws DataError unless each is a column of the set's manifest, the metadata included.
void require_columns(const PreparedSet& set, const std::vector<std::string>& columns);

/// Adds these columns of the manifest to the metadata of predictions for `rows`.
void add_columns(Predictions& predictions, const PreparedSet& set,
                 const std::vector<std::size_t>& rows, const std::vector<std::string>& columns);

}  // namespace xrayclf
