#include "xrayclf/core/text.hpp"
#include "xrayclf/evaluation/report.hpp"

namespace xrayclf {
namespace {

using nlohmann::ordered_json;

ordered_json figure_json(const Figure& figure) {
  ordered_json out;
  if (!figure.value) {
    out["value"] = nullptr;
    out["reason"] = figure.reason;
    return out;
  }
  out["value"] = *figure.value;
  out["low"] = figure.interval ? ordered_json(figure.interval->low) : ordered_json();
  out["high"] = figure.interval ? ordered_json(figure.interval->high) : ordered_json();
  out["method"] = figure.method;
  if (!figure.reason.empty()) out["reason"] = figure.reason;
  if (!figure.note.empty()) out["note"] = figure.note;
  if (figure.if_images_were_independent) {
    out["if_images_were_independent"] = {{"low", figure.if_images_were_independent->low},
                                         {"high", figure.if_images_were_independent->high}};
  }
  return out;
}

ordered_json figures_json(const Figures& figures) {
  ordered_json out = ordered_json::object();
  for (const auto& [name, figure] : figures) out[name] = figure_json(figure);
  return out;
}

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

ordered_json report_json(const Report& report, const ReportContext& context) {
  ordered_json out;
  out["samples"] = report.samples;
  out["patients"] = report.patients;
  out["classes"] = ordered_json::array();
  for (const std::string& name : report.classes) {
    out["classes"].push_back(is_utf8(name) ? name : printable(name));
  }
  out["confusion_matrix"] = matrix_json(report.confusion);
  out["metrics"] = figures_json(report.metrics);
  ordered_json& per_class = out["per_class"] = ordered_json::object();
  for (std::size_t c = 0; c < report.classes.size(); ++c) {
    ordered_json& of_class = per_class[out["classes"][c].get<std::string>()];
    of_class["support"] = report.confusion.row_sum(static_cast<std::int64_t>(c));
    of_class.update(figures_json(report.per_class[c]));
  }
  out["baselines"]["majority"] = report.majority_rate;
  for (const Baseline& baseline : context.baselines) {
    out["baselines"][printable(baseline.name)] = baseline.accuracy;
  }
  out["notes"] = report.notes;
  out["settings"] = write_json(report.config);
  if (!context.provenance.is_null()) out["provenance"] = context.provenance;
  out["notice"] = kResearchNotice;
  return out;
}

}  // namespace xrayclf
