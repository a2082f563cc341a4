#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "report_statistics.hpp"
#include "xrayclf/evaluation/report.hpp"
#include "xrayclf/metrics/bootstrap.hpp"

namespace xrayclf {

/// Puts intervals on the figures of a report; see make_report for which.
class ReportIntervals {
 public:
  /// Runs the bootstrap. The arguments must outlive this.
  ReportIntervals(const Predictions& predictions, const ReportStatistics& statistics,
                  const ReportConfig& config, std::int64_t workers);

  /// Of the samples `counted`, the share that is a `success`.
  using Select = std::function<bool(std::size_t sample)>;
  void add_proportion(Figure& figure, const Select& counted, const Select& success) const;

  /// Of class c against the rest. Where the data show no variance (an AUROC of 1, a constant
  /// score) or cannot (one patient of a class) an interval that claims no certainty takes over.
  void add_auroc(Figure& figure, std::size_t c) const;

  /// Percentile interval of the statistic at `index`.
  void add_bootstrap(Figure& figure, std::size_t index) const;

 private:
  void add_auroc_without_variance(Figure& figure, std::int64_t c) const;

  const Predictions& predictions_;
  const ReportConfig& config_;
  SampleGroups groups_;  ///< what is independent: patients, or images
  std::vector<std::vector<double>> draws_;
};

}  // namespace xrayclf
