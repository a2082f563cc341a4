#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "xrayclf/metrics/probabilities.hpp"

namespace xrayclf {

/// What a classifier said about a list of images, with the truth where it is known.
struct Predictions {
  std::vector<std::string> classes;   ///< in the order of the probabilities
  std::vector<std::string> paths;     ///< one an image; "" when the source names none
  std::vector<std::int64_t> truth;    ///< index into `classes`, or -1 when unknown
  std::vector<double> probabilities;  ///< images x classes, row-major, each row summing to 1
  std::vector<std::string> patients;  ///< one an image; "" means that the image stands alone

  /// Further columns by name, one value an image: what subgroups are formed by.
  std::map<std::string, std::vector<std::string>> metadata;

  std::size_t size() const { return truth.size(); }
  ProbabilityMatrix matrix() const {
    return {probabilities, static_cast<std::int64_t>(classes.size())};
  }
  /// The class of the largest probability; among equals the one with the lowest index.
  std::int64_t predicted(std::size_t row) const {
    return arg_max(matrix().row(static_cast<std::int64_t>(row)));
  }
};

/// Reads anybody's predictions: a CSV with a column `prob_<class>` per class (their order is the
/// order of the classes), and if present `path`, `true`, `predicted` and `patient`; other columns
/// become metadata. An empty or absent `true` is an unknown truth (-1). Rows are not renormalised.
/// Throws IoError, or DataError with line and column: fewer than two classes, no rows, a
/// probability that is not a number in [0, 1], a row that does not sum to 1 within 1e-3, a class
/// without a column. Warns where `predicted` is not the class of the largest probability, which
/// is the one used, and where a path occurs twice.
Predictions read_predictions_csv(const std::filesystem::path& path);

/// Writes the columns `path,true,predicted,prob_<class>...,patient` and the metadata (a column
/// whose name would be taken for one of these gets "metadata_" in front); probabilities as the
/// shortest decimals that read back as the same double, an unknown truth as an empty field. Throws
/// IoError.
void write_predictions_csv(const std::filesystem::path& path, const Predictions& predictions);

/// Throws DataError when there are no rows, or one of unknown truth.
void require_truth(const Predictions& predictions);

/// These rows alone, in this order.
Predictions select_rows(const Predictions& predictions, const std::vector<std::size_t>& rows);

/// Rows of the same classes behind those of `all`, which may be empty. Metadata that only one of
/// the two has is left out.
void append(Predictions& all, const Predictions& more);

/// With the classes in this order. Throws DataError with the difference, naming both sides, if they
/// are others.
Predictions in_class_order(const Predictions& predictions, const std::vector<std::string>& classes,
                           const std::string& name, const std::string& other);

}  // namespace xrayclf
