#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "xrayclf/metrics/probabilities.hpp"

namespace xrayclf {

/// An image that was given the wrong class.
struct Misclassified {
  std::size_t row = 0;  ///< among the predictions
  std::string image;    ///< path or identifier
  std::string true_class;
  std::string predicted_class;
  double true_probability = 0;
  double predicted_probability = 0;
};

/// Worst first: the smallest probability of the true class, then the greatest of the wrong one,
/// then by name, so that the order is the same on every machine. `truth` holds class indices.
std::vector<Misclassified> misclassified(const std::vector<std::string>& classes,
                                         const std::vector<std::string>& images,
                                         const std::vector<std::int64_t>& truth,
                                         ProbabilityMatrix probabilities);

/// The captions of a gallery's tile, and its row of the CSV file with the names of its columns.
std::vector<std::string> captions_of(const Misclassified& image);
std::vector<std::string> values_of(const Misclassified& image);
std::vector<std::string> misclassified_columns();

}  // namespace xrayclf
