#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "xrayclf/evaluation/calibration.hpp"
#include "xrayclf/evaluation/figure.hpp"
#include "xrayclf/evaluation/operating_points.hpp"
#include "xrayclf/evaluation/predictions.hpp"
#include "xrayclf/evaluation/prevalence.hpp"
#include "xrayclf/evaluation/report_config.hpp"
#include "xrayclf/evaluation/uncertainty_assessment.hpp"
#include "xrayclf/metrics/confusion_matrix.hpp"

namespace xrayclf {

struct Report {
  ReportConfig config;
  std::int64_t samples = 0;
  std::int64_t patients = 0;  ///< an image without a patient counts as one
  std::vector<std::string> classes;
  ConfusionMatrix confusion;
  double majority_rate = 0;  ///< accuracy of always naming the most frequent true class
  Figures metrics;
  std::vector<Figures> per_class;  ///< in the order of `classes`
  std::vector<std::string> notes;
};

/// The images that have one value of a column of metadata; see subgroups.hpp.
struct Subgroup {
  std::string value;  ///< "(none)" where the field is empty; "40 to < 55" of a column in ranges
  Report report;      ///< of these images alone
};
struct SubgroupColumn {
  std::string column;
  std::vector<Subgroup> groups;  ///< by value; numbers by size, "(none)" last
};

/// An accuracy to compare with, for example of a classifier that sees a 32 x 32 thumbnail.
struct Baseline {
  std::string name;
  double accuracy = 0;
};

/// Stands in every report.
inline constexpr std::string_view kResearchNotice =
    "Research software, not a medical device: not for diagnosis or the care of patients.";

/// What a report says beside the numbers of the predictions.
struct ReportContext {
  std::vector<Baseline> baselines;
  nlohmann::ordered_json provenance;  ///< copied as "provenance": checkpoint, data set, versions
  std::optional<CalibrationAssessment> calibration;
  std::optional<OperatingPoints> operating_points;
  std::vector<AdjustedPredictiveValues> adjusted;
  std::vector<SubgroupColumn> subgroups;
  std::optional<UncertaintyAssessment> uncertainty;
  std::vector<std::string> notes;  ///< beside the report's own
};

/// Every figure of the predictions with its interval: Wilson's for proportions, DeLong's for the
/// AUROC of a class, percentile bootstrap for the rest. Where patients have several images (and
/// sampling_unit is patient) these become Wilson's with Rao and Scott's design effect, Obuchowski's
/// clustered form of DeLong's, and a bootstrap that draws patients. `method` of each figure says
/// which. The same seed gives the same report with any number of workers (0 = all processors).
/// Throws DataError when there are no rows, or one of unknown truth.
Report make_report(const Predictions& predictions, const ReportConfig& config,
                   std::int64_t workers = 0);

/// report.json: `samples`, `patients`, `classes`, `confusion_matrix` (row = true class), `metrics`,
/// `per_class` by name, `baselines`, `notes`, and of what the context has `calibration`,
/// `operating_points`, `prevalence_adjusted`, `subgroups`, `uncertainty`. A figure is {"value",
/// "low", "high", "method"} or {"value": null, "reason"}.
nlohmann::ordered_json report_json(const Report& report, const ReportContext& context = {});

/// report.txt: scikit-learn's classification report, the figures with their intervals, the
/// confusion matrix, the baselines. UTF-8, aligned by code points.
std::string report_text(const Report& report, const ReportContext& context = {});

}  // namespace xrayclf
