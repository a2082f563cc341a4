#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "xrayclf/evaluation/figure.hpp"
#include "xrayclf/evaluation/predictions.hpp"
#include "xrayclf/evaluation/report_config.hpp"
#include "xrayclf/metrics/bootstrap.hpp"
#include "xrayclf/metrics/predictive_values.hpp"
#include "xrayclf/metrics/proportion.hpp"

namespace xrayclf {

/// Puts intervals on figures of predictions; see make_report for which.
class ReportIntervals {
 public:
  /// Runs the bootstrap of the statistics; without any, proportions and AUROCs are all there is.
  /// `predictions` and `config` must outlive this.
  ReportIntervals(const Predictions& predictions, const ReportConfig& config, std::int64_t workers,
                  const ResampleStatistics& statistics = nullptr);

  /// Of the samples `counted`, the share that is a `success`.
  using Select = std::function<bool(std::size_t sample)>;
  void add_proportion(Figure& figure, const Select& counted, const Select& success) const;

  /// The same share as counts of independent samples: divided by the design effect where patients
  /// have several images. `images` is 0 when no sample is counted.
  RightCalls effective_counts(const Select& counted, const Select& success) const;

  /// Of class c against the rest. Where the data show no variance (an AUROC of 1, a constant
  /// score) or cannot (one patient of a class) an interval that claims no certainty takes over.
  void add_auroc(Figure& figure, std::size_t c) const;

  /// Percentile interval of the statistic at `index`.
  void add_bootstrap(Figure& figure, std::size_t index) const;

  /// The bootstrap's values of the statistic at `index`; empty when it is off.
  std::span<const double> draws(std::size_t index) const;
  /// "patients", or "images" where each image is independent.
  std::string unit() const { return groups_.singletons() ? "images" : "patients"; }
  const SampleGroups& groups() const { return groups_; }

 private:
  struct Counts {
    ClusterCount all;
    std::int64_t largest = 0;  ///< samples of a cluster
    std::int64_t used = 0;     ///< clusters with samples
    double effect = 1;         ///< design effect
  };
  Counts count(const Select& counted, const Select& success) const;
  void add_auroc_without_variance(Figure& figure, std::int64_t c) const;

  const Predictions& predictions_;
  const ReportConfig& config_;
  SampleGroups groups_;  ///< what is independent: patients, or images
  std::vector<std::vector<double>> draws_;
};

}  // namespace xrayclf
