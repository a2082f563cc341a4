#pragma once

#include <string>

#include "report_intervals.hpp"
#include "xrayclf/evaluation/figure.hpp"

namespace xrayclf {

/// ppv and npv at a prevalence, of calling images `positive` that are `sick` or not; `name` is the
/// class's, for reasons.
Figures figures_at_prevalence(const ReportIntervals& intervals, const ReportIntervals::Select& sick,
                              const ReportIntervals::Select& positive, double prevalence,
                              double confidence, const std::string& name);

}  // namespace xrayclf
