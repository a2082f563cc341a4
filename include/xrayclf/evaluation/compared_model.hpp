#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "xrayclf/evaluation/predictions.hpp"

namespace xrayclf {

/// One of several models that are compared.
struct ComparedModel {
  std::string name;    ///< in tables and figures; unlike the others'
  std::string source;  ///< where its predictions come from: a file or a checkpoint
  Predictions predictions;
  /// Further facts by name, as "architecture": copied to its JSON; those that are texts or numbers
  /// are columns of the table.
  nlohmann::ordered_json info = nlohmann::ordered_json::object();
};

/// Short names for paths: what is left of each without the folders at the beginning and the
/// components at the end that all share, as "a" and "b" of runs/a/predictions.csv and
/// runs/b/predictions.csv. The whole path where nothing is left.
std::vector<std::string> short_names(const std::vector<std::string>& paths);

/// Brings all models to the images and classes of the first, in its order. The truth is taken from
/// any that knows it, patients and further columns from the first that has them. Throws DataError
/// where images or classes are not the same (with the difference), an image occurs twice or has no
/// path, the truth is unknown, or two models' truths contradict each other.
void align(std::vector<ComparedModel>& models);

}  // namespace xrayclf
