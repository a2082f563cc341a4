#include "report_parts.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/evaluation/report.hpp"
#include "xrayclf/evaluation/subgroups.hpp"

namespace xrayclf {
namespace {

using nlohmann::ordered_json;

ordered_json matrix_json(const ConfusionMatrix& matrix) {
  ordered_json out = ordered_json::array();
  for (std::int64_t i = 0; i < matrix.classes(); ++i) {
    ordered_json row = ordered_json::array();
    for (std::int64_t j = 0; j < matrix.classes(); ++j) row.push_back(matrix(i, j));
    out.push_back(row);
  }
  return out;
}

}  // namespace

void add_metrics(ordered_json& out, const Report& report) {
  out["metrics"] = figures_json(report.metrics);
  ordered_json& per_class = out["per_class"] = ordered_json::object();
  for (std::size_t c = 0; c < report.classes.size(); ++c) {
    ordered_json& of_class = per_class[json_key(report.classes[c])];
    of_class["support"] = report.confusion.row_sum(static_cast<std::int64_t>(c));
    of_class.update(figures_json(report.per_class[c]));
  }
}

ordered_json report_json(const Report& report, const ReportContext& context) {
  ordered_json out;
  out["samples"] = report.samples;
  out["patients"] = report.patients;
  out["classes"] = ordered_json::array();
  for (const std::string& name : report.classes) {
    out["classes"].push_back(json_key(name));
  }
  out["confusion_matrix"] = matrix_json(report.confusion);
  add_metrics(out, report);
  out["baselines"]["majority"] = report.majority_rate;
  for (const Baseline& baseline : context.baselines) {
    out["baselines"][printable(baseline.name)] = baseline.accuracy;
  }
  if (context.calibration) out["calibration"] = calibration_json(*context.calibration);
  if (context.operating_points) {
    out["operating_points"] = operating_points_json(*context.operating_points);
  }
  if (!context.adjusted.empty()) out["prevalence_adjusted"] = adjusted_json(context.adjusted);
  if (!context.subgroups.empty()) out["subgroups"] = subgroups_json(context.subgroups);
  if (context.uncertainty) {
    out["uncertainty"] = uncertainty_json(*context.uncertainty, report.classes);
  }
  out["notes"] = report.notes;
  for (const std::string& note : context.notes) out["notes"].push_back(note);
  out["settings"] = write_json(report.config);
  if (!context.provenance.is_null()) out["provenance"] = context.provenance;
  out["notice"] = kResearchNotice;
  return out;
}

}  // namespace xrayclf
