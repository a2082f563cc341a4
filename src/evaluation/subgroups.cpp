#include "xrayclf/evaluation/subgroups.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "report_parts.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/metrics/bootstrap.hpp"

namespace xrayclf {
namespace {

using nlohmann::ordered_json;
constexpr const char* kNoValue = "(none)";

std::optional<double> number(const std::string& text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end && std::isfinite(value) ? std::optional(value)
                                                                     : std::nullopt;
}

/// Rows by the name of their group, in order of display.
using Rows = std::vector<std::pair<std::string, std::vector<std::size_t>>>;

/// By value, the texts sorted as they are or, if `numeric`, as numbers.
Rows rows_by_value(const std::vector<std::string>& cells, bool numeric) {
  std::map<std::string, std::vector<std::size_t>> by_value;
  for (std::size_t i = 0; i < cells.size(); ++i) by_value[cells[i]].push_back(i);
  Rows out;
  std::vector<std::size_t> empty;
  for (auto& [value, rows] : by_value) {
    if (value.empty()) {
      empty = std::move(rows);
    } else {
      out.emplace_back(value, std::move(rows));
    }
  }
  if (numeric) {
    std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
      return *number(a.first) < *number(b.first);
    });
  }
  if (!empty.empty()) out.emplace_back(kNoValue, std::move(empty));
  return out;
}

/// Four ranges with about as many images each.
Rows rows_by_quartile(const std::vector<std::string>& cells) {
  std::vector<double> sorted;
  for (const std::string& cell : cells) {
    if (!cell.empty()) sorted.push_back(*number(cell));
  }
  std::sort(sorted.begin(), sorted.end());
  std::set<double> cuts;
  for (const double q : {0.25, 0.5, 0.75}) {
    const double cut = quantile(sorted, q);
    if (cut > sorted.front()) cuts.insert(cut);
  }
  // Three quarters may share the smallest value; the rest of them is a range all the same.
  if (cuts.empty()) cuts.insert(*std::upper_bound(sorted.begin(), sorted.end(), sorted.front()));
  const std::vector<double> edges(cuts.begin(), cuts.end());
  std::vector<std::vector<std::size_t>> of_range(edges.size() + 1);
  std::vector<std::size_t> empty;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].empty()) {
      empty.push_back(i);
      continue;
    }
    const auto range =
        std::upper_bound(edges.begin(), edges.end(), *number(cells[i])) - edges.begin();
    of_range[static_cast<std::size_t>(range)].push_back(i);
  }
  Rows out;
  for (std::size_t r = 0; r < of_range.size(); ++r) {
    std::string name;
    if (r == 0) {
      name = fmt::format("< {:g}", edges.front());
    } else if (r == edges.size()) {
      name = fmt::format(">= {:g}", edges.back());
    } else {
      name = fmt::format("{:g} to < {:g}", edges[r - 1], edges[r]);
    }
    if (!of_range[r].empty()) out.emplace_back(name, std::move(of_range[r]));
  }
  if (!empty.empty()) out.emplace_back(kNoValue, std::move(empty));
  return out;
}

Rows group_rows(const Predictions& predictions, const std::string& column) {
  const auto found = predictions.metadata.find(column);
  if (found == predictions.metadata.end()) {
    std::vector<std::string> known;
    for (const auto& [name, cells] : predictions.metadata) known.push_back(name);
    throw DataError(fmt::format("subgroups: there is no column '{}'{}; there are: {}",
                                printable(column), did_you_mean(column, known),
                                known.empty() ? "none" : printable(join(known))));
  }
  const std::vector<std::string>& cells = found->second;
  std::set<std::string> values(cells.begin(), cells.end());
  values.erase("");
  const bool numeric =
      std::all_of(values.begin(), values.end(), [](const auto& v) { return number(v); });
  if (numeric && values.size() > kMostNumbers) return rows_by_quartile(cells);
  if (values.size() > kMostTexts) {
    throw DataError(fmt::format(
        "subgroups: the column '{}' has {} different values; a subgroup for each makes sense up to "
        "{}",
        printable(column), values.size(), kMostTexts));
  }
  return rows_by_value(cells, numeric);
}

/// A mean that leaves out classes has a note, and a star here.
std::string mean_of(const Report& report, const char* name) {
  const Figure& figure = find_figure(report.metrics, name);
  return figure_text(figure) + (figure.value && !figure.note.empty() ? " *" : "");
}

}  // namespace

std::vector<SubgroupColumn> subgroups(const Predictions& predictions,
                                      const std::vector<std::string>& columns,
                                      const ReportConfig& config, std::int64_t workers) {
  std::vector<std::pair<std::string, Rows>> grouped;  // all, before the first long computation
  for (const std::string& column : columns) {
    grouped.emplace_back(column, group_rows(predictions, column));
  }
  std::vector<SubgroupColumn> out;
  for (const auto& [column, groups] : grouped) {
    SubgroupColumn& of_column = out.emplace_back(SubgroupColumn{column, {}});
    for (const auto& [value, rows] : groups) {
      of_column.groups.push_back(
          {value, make_report(select_rows(predictions, rows), config, workers)});
    }
  }
  return out;
}

ordered_json subgroups_json(const std::vector<SubgroupColumn>& columns) {
  ordered_json out = ordered_json::object();
  for (const SubgroupColumn& column : columns) {
    ordered_json list = ordered_json::array();
    for (const Subgroup& group : column.groups) {
      ordered_json entry = {{"value", json_key(group.value)},
                            {"samples", group.report.samples},
                            {"patients", group.report.patients}};
      add_metrics(entry, group.report);
      list.push_back(std::move(entry));
    }
    out[json_key(column.column)] = std::move(list);
  }
  return out;
}

std::string subgroups_text(const std::vector<SubgroupColumn>& columns) {
  std::string out;
  for (const SubgroupColumn& column : columns) {
    std::vector<std::vector<std::string>> rows = {
        {"value", "images", "patients", "accuracy", "balanced accuracy", "macro AUROC"}};
    std::vector<std::vector<std::string>> by_class = {
        {"value", "class", "images", "sensitivity", "specificity", "AUROC"}};
    for (const Subgroup& group : column.groups) {
      const Report& report = group.report;
      const std::string value = printable(group.value);
      rows.push_back({value, std::to_string(report.samples), std::to_string(report.patients),
                      mean_of(report, "accuracy"), mean_of(report, "balanced_accuracy"),
                      mean_of(report, "auroc_macro")});
      for (std::size_t c = 0; c < report.classes.size(); ++c) {
        const auto label = static_cast<std::int64_t>(c);
        const Figures& figures = report.per_class[c];
        by_class.push_back({value, printable(report.classes[c]),
                            std::to_string(report.confusion.row_sum(label)),
                            figure_text(find_figure(figures, "sensitivity")),
                            figure_text(find_figure(figures, "specificity")),
                            figure_text(find_figure(figures, "auroc"))});
      }
    }
    const std::string table = text_table(rows);
    out += "\nSubgroups by " + printable(column.column) + "\n" + table;
    if (table.find('*') != std::string::npos) out += "  * mean over the classes that occur\n";
    out += "\n" + text_table(by_class);
  }
  return out;
}

}  // namespace xrayclf
