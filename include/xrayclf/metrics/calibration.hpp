#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "xrayclf/metrics/probabilities.hpp"

namespace xrayclf {

/// Where a confidence that lies exactly on an edge goes: `right_closed` bins hold
/// i/M < confidence <= (i+1)/M (Guo et al. 2017), `left_closed` i/M <= confidence < (i+1)/M.
enum class BinEdges { right_closed, left_closed };

/// Bin 0 ... bins-1 of a confidence among equal-width bins of [0, 1]; edges are i/bins in double.
std::int64_t bin_of(double confidence, std::int64_t bins, BinEdges edges = BinEdges::right_closed);

/// Confidence against accuracy in bins of equal width: the reliability diagram in numbers.
class ReliabilityBins {
 public:
  explicit ReliabilityBins(std::int64_t bins);

  /// `count` samples of this confidence, right or wrong.
  void add(std::int64_t bin, double confidence, bool right, std::int64_t count = 1);

  std::int64_t bins() const { return static_cast<std::int64_t>(bins_.size()); }
  std::int64_t count(std::int64_t bin) const;
  double mean_confidence(std::int64_t bin) const;  ///< NaN in an empty bin
  double accuracy(std::int64_t bin) const;         ///< NaN in an empty bin

  double expected_error() const;          ///< ECE: sum over bins of n_b/n |accuracy - confidence|
  double maximum_error() const;           ///< MCE: the largest gap of a bin that is not empty
  double root_mean_square_error() const;  ///< the same weights, gaps squared

 private:
  struct Bin {
    std::int64_t count = 0;
    std::int64_t right = 0;
    double confidence_sum = 0;
    double gap() const;
  };
  std::int64_t total() const;
  std::vector<Bin> bins_;
};

/// Bins of the largest probability of each row against whether its class is the truth.
ReliabilityBins reliability(std::span<const std::int64_t> truth, ProbabilityMatrix probabilities,
                            std::int64_t bins, BinEdges edges = BinEdges::right_closed);

/// Mean over the classes of the ECE of p_c against (truth == c), right-closed bins.
double classwise_calibration_error(std::span<const std::int64_t> truth,
                                   ProbabilityMatrix probabilities, std::int64_t bins);

}  // namespace xrayclf
