#include <fmt/format.h>

#include <algorithm>

#include "xrayclf/core/text.hpp"
#include "xrayclf/evaluation/report.hpp"
#include "xrayclf/evaluation/subgroups.hpp"
#include "xrayclf/metrics/classification_report.hpp"

namespace xrayclf {
namespace {

std::vector<std::string> printable_names(const std::vector<std::string>& classes) {
  std::vector<std::string> out;
  for (const std::string& name : classes) out.push_back(printable(name));
  return out;
}

std::string confusion_text(const ConfusionMatrix& matrix, const std::vector<std::string>& names) {
  std::int64_t heading = 0;
  for (const std::string& name : names) heading = std::max(heading, code_points(name));
  std::string out = "  " + pad_left("", heading);
  std::vector<std::int64_t> widths;
  for (std::size_t j = 0; j < names.size(); ++j) {
    std::int64_t width = code_points(names[j]);
    for (std::int64_t i = 0; i < matrix.classes(); ++i) {
      width = std::max(width, code_points(std::to_string(matrix(i, static_cast<std::int64_t>(j)))));
    }
    widths.push_back(width);
    out += "  " + pad_left(names[j], width);
  }
  out += "\n";
  for (std::size_t i = 0; i < names.size(); ++i) {
    out += "  " + pad_left(names[i], heading);
    for (std::size_t j = 0; j < names.size(); ++j) {
      const auto count = matrix(static_cast<std::int64_t>(i), static_cast<std::int64_t>(j));
      out += "  " + pad_left(std::to_string(count), widths[j]);
    }
    out += "\n";
  }
  return out;
}

std::string baseline_text(const Report& report, const ReportContext& context) {
  Figures figures;
  for (const auto& [name, figure] : report.metrics) {
    if (name == "accuracy") figures.emplace_back("this classifier", figure);
  }
  Figure majority;
  majority.value = report.majority_rate;
  majority.note = "always naming the most frequent class";
  figures.emplace_back("majority", majority);
  for (const Baseline& baseline : context.baselines) {
    Figure figure;
    figure.value = baseline.accuracy;
    figures.emplace_back(printable(baseline.name), figure);
  }
  return figure_lines(figures);
}

}  // namespace

std::string report_text(const Report& report, const ReportContext& context) {
  const std::vector<std::string> names = printable_names(report.classes);
  std::string out = classification_report_text(classification_report(report.confusion), names,
                                               static_cast<int>(report.config.digits));
  out += "\nAccuracy beside what needs no disease to be seen\n" + baseline_text(report, context);
  out += fmt::format("\nAll classes, {:g} % intervals\n", report.config.confidence * 100) +
         figure_lines(report.metrics);
  for (std::size_t c = 0; c < names.size(); ++c) {
    out += fmt::format("\n{} against the rest, {}\n", names[c],
                       counted(report.confusion.row_sum(static_cast<std::int64_t>(c)), "image")) +
           figure_lines(report.per_class[c]);
  }
  out += "\nConfusion matrix: a row is a true class, a column a predicted class\n" +
         confusion_text(report.confusion, names);
  if (context.calibration) out += calibration_text(*context.calibration);
  if (context.operating_points) out += operating_points_text(*context.operating_points);
  out += adjusted_text(context.adjusted) + subgroups_text(context.subgroups);
  if (context.uncertainty) out += uncertainty_text(*context.uncertainty, report.classes);
  out += "\n";
  for (const std::string& note : report.notes) out += note + "\n";
  for (const std::string& note : context.notes) out += note + "\n";
  return out + std::string(kResearchNotice) + "\n";
}

}  // namespace xrayclf
