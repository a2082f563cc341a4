#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "xrayclf/evaluation/predictions.hpp"
#include "xrayclf/metrics/confusion_matrix.hpp"
#include "xrayclf/metrics/multiclass.hpp"

namespace xrayclf {

/// The figures of a report over all classes, in order of display.
enum class Metric : std::size_t {
  accuracy,
  balanced_accuracy,
  precision_macro,
  recall_macro,
  specificity_macro,
  f1_macro,
  precision_weighted,
  recall_weighted,
  f1_weighted,
  auroc_macro,
  auroc_weighted,
  auroc_micro,
  auroc_ovo,
  average_precision_macro,
  average_precision_weighted,
  average_precision_micro,
  brier,
  log_loss,
  ece,
  mce,
  mcc,
  cohen_kappa,
};
inline constexpr std::array<std::string_view, 22> kMetricNames{"accuracy",
                                                               "balanced_accuracy",
                                                               "precision_macro",
                                                               "recall_macro",
                                                               "specificity_macro",
                                                               "f1_macro",
                                                               "precision_weighted",
                                                               "recall_weighted",
                                                               "f1_weighted",
                                                               "auroc_macro",
                                                               "auroc_weighted",
                                                               "auroc_micro",
                                                               "auroc_ovo",
                                                               "average_precision_macro",
                                                               "average_precision_weighted",
                                                               "average_precision_micro",
                                                               "brier",
                                                               "log_loss",
                                                               "ece",
                                                               "mce",
                                                               "mcc",
                                                               "cohen_kappa"};

/// The figures of one class. Precision is PPV and recall is sensitivity; both names are in use.
enum class ClassMetric : std::size_t {
  sensitivity,
  specificity,
  precision,
  recall,
  f1,
  ppv,
  npv,
  auroc,
  average_precision,
};
inline constexpr std::array<std::string_view, 9> kClassMetricNames{
    "sensitivity", "specificity", "precision", "recall",           "f1",
    "ppv",         "npv",         "auroc",     "average_precision"};

/// Figures that are means over samples of how far the probabilities are from the truth.
class SampleErrors {
 public:
  /// `predictions` has a known truth in every row.
  SampleErrors(const Predictions& predictions, std::int64_t ece_bins);

  struct Values {
    double brier = 0, log_loss = 0, ece = 0, mce = 0;
  };
  /// Of a resample in which sample i occurs counts[i] times.
  Values values(std::span<const std::int64_t> counts) const;

 private:
  std::int64_t ece_bins_;
  std::vector<std::int64_t> bin_;  ///< of the confidence
  std::vector<double> confidence_;
  std::vector<std::uint8_t> right_;
  std::vector<double> squared_error_;
  std::vector<double> negative_log_likelihood_;
};

/// All figures of some predictions, and of any resample of them: what the bootstrap calls.
class ReportStatistics {
 public:
  /// `predictions` has a known truth in every row and must outlive this.
  ReportStatistics(const Predictions& predictions, std::int64_t ece_bins);

  /// Where a figure stands in the vector of values.
  static std::size_t index(Metric metric) { return static_cast<std::size_t>(metric); }
  static std::size_t index(std::size_t c, ClassMetric metric) {
    return kMetricNames.size() + c * kClassMetricNames.size() + static_cast<std::size_t>(metric);
  }

  /// The figures of the samples as they are; NaN where undefined. A mean over classes is over
  /// those for which the figure is defined.
  const std::vector<double>& point() const { return point_; }

  /// The figures of a resample in which sample i occurs counts[i] times. A mean over classes is
  /// NaN unless it is over the same classes as in point().
  std::vector<double> values(std::span<const std::int64_t> counts) const;

  const std::vector<std::int64_t>& predicted() const { return predicted_; }
  ConfusionMatrix confusion(std::span<const std::int64_t> counts) const;

 private:
  std::vector<double> class_values(const ConfusionMatrix& confusion,
                                   const MulticlassAreas& areas) const;
  double macro(const std::vector<double>& values, ClassMetric metric) const;
  double weighted(const std::vector<double>& values, const ConfusionMatrix& confusion,
                  ClassMetric metric) const;

  const Predictions& predictions_;
  MulticlassRanking ranking_;
  SampleErrors errors_;
  std::vector<std::int64_t> predicted_;
  std::vector<double> point_;  ///< empty while it is being computed
};

}  // namespace xrayclf
