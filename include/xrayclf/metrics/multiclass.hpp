#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "xrayclf/metrics/probabilities.hpp"
#include "xrayclf/metrics/ranking.hpp"

namespace xrayclf {

/// Hand & Till (2001), a pair of classes on the samples of these two: the AUROC of a's score for
/// a, of b's score for b, and their mean. NaN where a class is absent.
struct PairAuroc {
  std::int64_t a = 0, b = 0;
  std::int64_t samples = 0;
  double auroc_a = 0, auroc_b = 0, auroc = 0;
};

/// Areas of k classes. NaN where undefined; a mean is over the classes (or pairs) where it is
/// defined, and NaN if there are none. scikit-learn's macro AUROC is NaN as soon as one class is
/// absent.
struct MulticlassAuroc {
  std::vector<double> per_class;  ///< one versus rest
  double macro = 0;
  double weighted = 0;  ///< by support
  double micro = 0;     ///< all n x k (indicator, probability) pairs in one curve
  std::vector<PairAuroc> pairs;
  double ovo_macro = 0;     ///< mean over pairs
  double ovo_weighted = 0;  ///< by the samples in the pair
};

struct MulticlassAveragePrecision {
  std::vector<double> per_class;
  double macro = 0;
  double weighted = 0;
  double micro = 0;
};

struct MulticlassAreas {
  MulticlassAuroc auroc;
  MulticlassAveragePrecision average_precision;
};

/// Class probabilities sorted once; see Ranking.
class MulticlassRanking {
 public:
  /// `truth` holds classes 0 ... classes-1.
  MulticlassRanking(std::span<const std::int64_t> truth, ProbabilityMatrix probabilities);

  /// The areas of a resample in which sample i occurs counts[i] times.
  MulticlassAreas areas(std::span<const std::int64_t> counts) const;

 private:
  std::int64_t classes_;
  std::vector<Ranking> by_class_;
  Ranking micro_;
};

/// The areas of the samples as they are.
MulticlassAreas multiclass_areas(std::span<const std::int64_t> truth,
                                 ProbabilityMatrix probabilities);

}  // namespace xrayclf
