#include "report_statistics.hpp"

#include <cmath>

#include "xrayclf/core/numbers.hpp"
#include "xrayclf/metrics/calibration.hpp"
#include "xrayclf/metrics/scoring.hpp"

namespace xrayclf {
namespace {}  // namespace

SampleErrors::SampleErrors(const Predictions& predictions, std::int64_t ece_bins)
    : ece_bins_(ece_bins) {
  const ProbabilityMatrix matrix = predictions.matrix();
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    const std::span<const double> row = matrix.row(static_cast<std::int64_t>(i));
    const std::int64_t predicted = arg_max(row);
    confidence_.push_back(row[static_cast<std::size_t>(predicted)]);
    bin_.push_back(bin_of(confidence_.back(), ece_bins));
    right_.push_back(predicted == predictions.truth[i] ? 1 : 0);
    squared_error_.push_back(squared_error(row, predictions.truth[i]));
    negative_log_likelihood_.push_back(negative_log_likelihood(row, predictions.truth[i]));
  }
}

SampleErrors::Values SampleErrors::values(std::span<const std::int64_t> counts) const {
  Values out;
  double total = 0;
  ReliabilityBins bins(ece_bins_);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto count = static_cast<double>(counts[i]);
    total += count;
    out.brier += count * squared_error_[i];
    out.log_loss += count * negative_log_likelihood_[i];
    bins.add(bin_[i], confidence_[i], right_[i] == 1, counts[i]);
  }
  out.brier /= total;
  out.log_loss /= total;
  out.ece = bins.expected_error();
  out.mce = bins.maximum_error();
  return out;
}

ReportStatistics::ReportStatistics(const Predictions& predictions, std::int64_t ece_bins)
    : predictions_(predictions),
      ranking_(predictions.truth, predictions.matrix()),
      errors_(predictions, ece_bins) {
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    predicted_.push_back(predictions.predicted(i));
  }
  point_ = values(std::vector<std::int64_t>(predictions.size(), 1));
}

ConfusionMatrix ReportStatistics::confusion(std::span<const std::int64_t> counts) const {
  ConfusionMatrix out(static_cast<std::int64_t>(predictions_.classes.size()));
  for (std::size_t i = 0; i < counts.size(); ++i) {
    out.add(predictions_.truth[i], predicted_[i], counts[i]);
  }
  return out;
}

std::vector<double> ReportStatistics::class_values(const ConfusionMatrix& confusion,
                                                   const MulticlassAreas& areas) const {
  const std::size_t classes = predictions_.classes.size();
  std::vector<double> out(kMetricNames.size() + classes * kClassMetricNames.size(), kNan);
  for (std::size_t c = 0; c < classes; ++c) {
    const OneVersusRest counts = confusion.one_versus_rest(static_cast<std::int64_t>(c));
    const auto set = [&](ClassMetric metric, double value) { out[index(c, metric)] = value; };
    set(ClassMetric::sensitivity, counts.sensitivity());
    set(ClassMetric::specificity, counts.specificity());
    set(ClassMetric::precision, counts.ppv());
    set(ClassMetric::recall, counts.sensitivity());
    set(ClassMetric::f1, counts.f1());
    set(ClassMetric::ppv, counts.ppv());
    set(ClassMetric::npv, counts.npv());
    set(ClassMetric::auroc, areas.auroc.per_class[c]);
    set(ClassMetric::average_precision, areas.average_precision.per_class[c]);
  }
  return out;
}

double ReportStatistics::macro(const std::vector<double>& values, ClassMetric metric) const {
  double sum = 0;
  double classes = 0;
  for (std::size_t c = 0; c < predictions_.classes.size(); ++c) {
    const std::size_t at = index(c, metric);
    if (std::isnan(point_.empty() ? values[at] : point_[at])) continue;
    sum += values[at];  // NaN, when this resample lacks the class, makes the mean NaN
    ++classes;
  }
  return classes == 0 ? kNan : sum / classes;
}

double ReportStatistics::weighted(const std::vector<double>& values,
                                  const ConfusionMatrix& confusion, ClassMetric metric) const {
  double sum = 0;
  double weights = 0;
  for (std::size_t c = 0; c < predictions_.classes.size(); ++c) {
    const std::size_t at = index(c, metric);
    const auto support = static_cast<double>(confusion.row_sum(static_cast<std::int64_t>(c)));
    if (support == 0 || std::isnan(point_.empty() ? values[at] : point_[at])) continue;
    sum += values[at] * support;
    weights += support;
  }
  return weights == 0 ? kNan : sum / weights;
}

std::vector<double> ReportStatistics::values(std::span<const std::int64_t> counts) const {
  const ConfusionMatrix matrix = confusion(counts);
  const MulticlassAreas areas = ranking_.areas(counts);
  std::vector<double> out = class_values(matrix, areas);
  const auto set = [&](Metric metric, double value) { out[index(metric)] = value; };
  set(Metric::accuracy, matrix.accuracy());
  set(Metric::balanced_accuracy, macro(out, ClassMetric::recall));
  set(Metric::precision_macro, macro(out, ClassMetric::precision));
  set(Metric::recall_macro, macro(out, ClassMetric::recall));
  set(Metric::specificity_macro, macro(out, ClassMetric::specificity));
  set(Metric::f1_macro, macro(out, ClassMetric::f1));
  set(Metric::precision_weighted, weighted(out, matrix, ClassMetric::precision));
  set(Metric::recall_weighted, matrix.accuracy());
  set(Metric::f1_weighted, weighted(out, matrix, ClassMetric::f1));
  set(Metric::auroc_macro, macro(out, ClassMetric::auroc));
  set(Metric::auroc_weighted, weighted(out, matrix, ClassMetric::auroc));
  set(Metric::auroc_micro, areas.auroc.micro);
  // Pairs of a class that this resample lacks would leave the mean silently.
  set(Metric::auroc_ovo,
      std::isnan(out[index(Metric::balanced_accuracy)]) ? kNan : areas.auroc.ovo_macro);
  set(Metric::average_precision_macro, macro(out, ClassMetric::average_precision));
  set(Metric::average_precision_weighted, weighted(out, matrix, ClassMetric::average_precision));
  set(Metric::average_precision_micro, areas.average_precision.micro);
  set(Metric::mcc, matrix.mcc());
  set(Metric::cohen_kappa, matrix.cohen_kappa());
  const SampleErrors::Values errors = errors_.values(counts);
  set(Metric::brier, errors.brier);
  set(Metric::log_loss, errors.log_loss);
  set(Metric::ece, errors.ece);
  set(Metric::mce, errors.mce);
  return out;
}

}  // namespace xrayclf
