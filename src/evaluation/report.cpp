#include "xrayclf/evaluation/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report_intervals.hpp"
#include "report_statistics.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

/// Builds the figures of a report one by one.
class ReportBuilder {
 public:
  ReportBuilder(const Predictions& predictions, const ReportConfig& config, std::int64_t workers)
      : predictions_(predictions),
        statistics_(predictions, config.ece_bins),
        intervals_(predictions, config, workers, [this](std::span<const std::int64_t> counts) {
          return statistics_.values(counts);
        }) {
    report_.config = config;
    report_.samples = static_cast<std::int64_t>(predictions.size());
    report_.patients = groups_by_name(predictions.patients).count;
    report_.classes = predictions.classes;
    report_.confusion = statistics_.confusion(std::vector<std::int64_t>(predictions.size(), 1));
  }

  Report build() {
    for (std::size_t m = 0; m < kMetricNames.size(); ++m) {
      report_.metrics.emplace_back(kMetricNames[m], figure(static_cast<Metric>(m)));
    }
    for (std::size_t c = 0; c < report_.classes.size(); ++c) {
      Figures figures;
      for (std::size_t m = 0; m < kClassMetricNames.size(); ++m) {
        figures.emplace_back(kClassMetricNames[m], figure(c, static_cast<ClassMetric>(m)));
      }
      report_.per_class.push_back(std::move(figures));
    }
    std::int64_t most = 0;
    for (std::int64_t c = 0; c < report_.confusion.classes(); ++c) {
      most = std::max(most, report_.confusion.row_sum(c));
    }
    report_.majority_rate = static_cast<double>(most) / static_cast<double>(report_.samples);
    add_notes();
    return std::move(report_);
  }

 private:
  std::string name(std::size_t c) const { return "'" + printable(report_.classes[c]) + "'"; }
  OneVersusRest counts(std::size_t c) const {
    return report_.confusion.one_versus_rest(static_cast<std::int64_t>(c));
  }

  /// Why a figure of a class is undefined.
  std::string class_reason(std::size_t c, ClassMetric metric) const {
    switch (metric) {
      case ClassMetric::sensitivity:
      case ClassMetric::recall:
      case ClassMetric::average_precision:
        return "no sample is of class " + name(c);
      case ClassMetric::specificity:
        return "every sample is of class " + name(c);
      case ClassMetric::precision:
      case ClassMetric::ppv:
        return name(c) + " was never predicted";
      case ClassMetric::npv:
        return name(c) + " was predicted for every sample";
      case ClassMetric::f1:
        return name(c) + " occurs neither in the truth nor in the predictions";
      case ClassMetric::auroc:
        return (counts(c).support() == 0 ? "no" : "every") + (" sample is of class " + name(c));
    }
    return "";
  }

  Figure figure(std::size_t c, ClassMetric metric) {
    const std::size_t at = ReportStatistics::index(c, metric);
    Figure out;
    if (std::isnan(statistics_.point()[at])) {
      out.reason = class_reason(c, metric);
      return out;
    }
    out.value = statistics_.point()[at];
    const auto truth = [&](std::size_t i) {
      return predictions_.truth[i] == static_cast<std::int64_t>(c);
    };
    const auto predicted = [&](std::size_t i) {
      return statistics_.predicted()[i] == static_cast<std::int64_t>(c);
    };
    switch (metric) {
      case ClassMetric::sensitivity:
      case ClassMetric::recall:
        intervals_.add_proportion(out, truth, predicted);
        break;
      case ClassMetric::specificity:
        intervals_.add_proportion(out, std::not_fn(truth), std::not_fn(predicted));
        break;
      case ClassMetric::precision:
      case ClassMetric::ppv:
        intervals_.add_proportion(out, predicted, truth);
        break;
      case ClassMetric::npv:
        intervals_.add_proportion(out, std::not_fn(predicted), std::not_fn(truth));
        break;
      case ClassMetric::auroc:
        intervals_.add_auroc(out, c);
        break;
      case ClassMetric::f1:
      case ClassMetric::average_precision:
        intervals_.add_bootstrap(out, at);
        break;
    }
    return out;
  }

  Figure figure(Metric metric) {
    const std::size_t at = ReportStatistics::index(metric);
    Figure out;
    if (std::isnan(statistics_.point()[at])) {
      out.reason = metric == Metric::cohen_kappa
                       ? "truth and predictions are one and the same class throughout"
                       : "it is undefined for every class";
      return out;
    }
    out.value = statistics_.point()[at];
    if (metric == Metric::accuracy || metric == Metric::recall_weighted) {
      intervals_.add_proportion(
          out, [](std::size_t) { return true; },
          [&](std::size_t i) { return statistics_.predicted()[i] == predictions_.truth[i]; });
    } else {
      intervals_.add_bootstrap(out, at);
    }
    out.note = note(metric);
    return out;
  }

  std::string note(Metric metric) const {
    switch (metric) {
      case Metric::balanced_accuracy:
      case Metric::recall_macro:
        return mean_note(ClassMetric::recall);
      case Metric::precision_macro:
      case Metric::precision_weighted:
        return mean_note(ClassMetric::precision);
      case Metric::specificity_macro:
        return mean_note(ClassMetric::specificity);
      case Metric::f1_macro:
        return mean_note(ClassMetric::f1);
      case Metric::auroc_macro:
        return mean_note(ClassMetric::auroc);
      case Metric::average_precision_macro:
        return mean_note(ClassMetric::average_precision);
      case Metric::brier:
        return "sum over the classes, from 0 to 2";
      case Metric::ece:
      case Metric::mce:
        return fmt::format(
            "largest probability, {} right-closed bins of equal width; resamples overestimate it",
            report_.config.ece_bins);
      case Metric::mcc:
        return degenerate() ? "0 by convention: truth or predictions are one class throughout" : "";
      default:
        return "";
    }
  }

  /// Says over how many classes a mean is, when it is not over all.
  std::string mean_note(ClassMetric metric) const {
    std::vector<std::string> left_out;
    for (std::size_t c = 0; c < report_.classes.size(); ++c) {
      if (std::isnan(statistics_.point()[ReportStatistics::index(c, metric)])) {
        left_out.push_back(class_reason(c, metric));
      }
    }
    if (left_out.empty()) return "";
    return fmt::format("mean over {} of {} classes: {}", report_.classes.size() - left_out.size(),
                       report_.classes.size(), join(left_out, "; "));
  }

  bool degenerate() const {
    for (std::size_t c = 0; c < report_.classes.size(); ++c) {
      if (counts(c).support() == report_.samples || counts(c).predicted() == report_.samples) {
        return true;
      }
    }
    return false;
  }

  void add_notes() {
    const bool no_patients = std::all_of(predictions_.patients.begin(), predictions_.patients.end(),
                                         [](const std::string& p) { return p.empty(); });
    if (no_patients) {
      report_.notes.push_back(
          "Patients are not known: intervals take every image as independent and are too narrow if "
          "patients have several images.");
    } else if (report_.patients < report_.samples) {
      report_.notes.push_back(
          report_.config.sampling_unit == SamplingUnit::patient
              ? fmt::format("{} images of {} patients: intervals allow for several images of a "
                            "patient being alike.",
                            report_.samples, report_.patients)
              : fmt::format("{} images of {} patients: intervals take every image as independent, "
                            "as asked, and are too narrow.",
                            report_.samples, report_.patients));
    }
    for (std::size_t c = 0; c < report_.classes.size(); ++c) {
      if (counts(c).support() == 0) {
        report_.notes.push_back("No sample is of class " + name(c) +
                                ": nothing is known about recognising it.");
      }
    }
  }

  const Predictions& predictions_;
  ReportStatistics statistics_;
  ReportIntervals intervals_;
  Report report_;
};

}  // namespace

Report make_report(const Predictions& predictions, const ReportConfig& config,
                   std::int64_t workers) {
  require_truth(predictions);
  return ReportBuilder(predictions, config, workers).build();
}

}  // namespace xrayclf
