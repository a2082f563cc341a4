#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace xrayclf {

/// One class against all others, from the class decisions. A ratio whose denominator is 0 is NaN.
struct OneVersusRest {
  std::int64_t tp = 0, fp = 0, fn = 0, tn = 0;

  std::int64_t support() const { return tp + fn; }
  std::int64_t predicted() const { return tp + fp; }
  double sensitivity() const;  ///< tp / (tp + fn), also called recall
  double specificity() const;  ///< tn / (tn + fp)
  double ppv() const;          ///< tp / (tp + fp), also called precision
  double npv() const;          ///< tn / (tn + fn)
  double f1() const;           ///< 2 tp / (2 tp + fp + fn)
};

/// How a disagreement between classes i and j counts in Cohen's kappa: 1, |i - j| or (i - j)^2.
/// The last two are for ordered classes.
enum class KappaWeights { none, linear, quadratic };

/// Counts of (true, predicted) pairs; row = true class, column = predicted class. Numbers equal
/// those of scikit-learn 1.9.1; what it calls undefined is NaN here.
class ConfusionMatrix {
 public:
  ConfusionMatrix() = default;
  explicit ConfusionMatrix(std::int64_t classes);
  /// Class indices in 0 ... classes-1, of equal length.
  ConfusionMatrix(std::int64_t classes, std::span<const std::int64_t> truth,
                  std::span<const std::int64_t> predicted);

  void add(std::int64_t truth, std::int64_t predicted, std::int64_t count = 1);

  std::int64_t classes() const { return classes_; }
  std::int64_t operator()(std::int64_t truth, std::int64_t predicted) const;
  std::int64_t total() const;
  std::int64_t correct() const;
  std::int64_t row_sum(std::int64_t truth) const;
  std::int64_t column_sum(std::int64_t predicted) const;
  OneVersusRest one_versus_rest(std::int64_t c) const;

  double accuracy() const;
  /// Mean sensitivity over the classes that occur in the truth.
  double balanced_accuracy() const;
  /// Cohen 1960, 1968. NaN when truth and prediction are one and the same class throughout.
  double cohen_kappa(KappaWeights weights = KappaWeights::none) const;
  /// Multi-class R_k (Gorodkin 2004); 0 when truth or prediction is one class throughout.
  double mcc() const;

 private:
  std::int64_t classes_ = 0;
  std::vector<std::int64_t> counts_;
};

}  // namespace xrayclf
