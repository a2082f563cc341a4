#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "json_view.hpp"
#include "sections.hpp"

namespace xrayclf {
namespace {

using Json = Evidence::Json;

Html metrics_table(const Json& metrics) {
  std::vector<html::Row> rows;
  for (const auto& [name, figure] : metrics.items()) {
    rows.push_back({label_of(name), figure_cell(figure), figure_remark(figure)});
  }
  return html::table({"All classes", "Value", "Interval and notes"}, rows);
}

/// A row a class; a column a figure, those of two names once.
Html class_table(const Json& report) {
  html::Row header = {"Class"};
  std::vector<std::string> keys;
  const auto& per_class = report.at("per_class").get_ref<const Json::object_t&>();
  if (per_class.empty()) return {};
  for (const auto& [key, ignored] : per_class.front().second.items()) {
    if (key == "recall" || key == "precision") continue;  // sensitivity and PPV by other names
    keys.push_back(key);
    header.emplace_back(key == "support" ? "images" : label_of(key));
  }
  std::vector<html::Row> rows;
  for (const auto& [name, figures] : per_class) {
    html::Row row = {name};
    for (const std::string& key : keys) row.push_back(json_view(value_at(figures, "/" + key)));
    rows.push_back(std::move(row));
  }
  return html::table(header, rows);
}

Html confusion_table(const Json& report) {
  html::Row header = {"True class"};
  for (const Json& name : report.at("classes")) {
    header.push_back(Html("called ") + name.get<std::string>());
  }
  std::vector<html::Row> rows;
  std::size_t c = 0;
  for (const Json& counts : report.at("confusion_matrix")) {
    html::Row row = {report.at("classes").at(c++).get<std::string>()};
    std::int64_t total = 0;
    for (const Json& count : counts) total += count.get<std::int64_t>();
    for (const Json& count : counts) {
      const auto n = count.get<std::int64_t>();
      Html cell = std::to_string(n);
      if (total > 0) {
        cell +=
            " " + html::element("small", fmt::format("{:.1f} %", 100.0 * static_cast<double>(n) /
                                                                     static_cast<double>(total)));
      }
      row.push_back(cell);
    }
    rows.push_back(std::move(row));
  }
  return html::table(header, rows);
}

Html baseline_table(const Json& report) {
  std::vector<html::Row> rows = {
      {"this classifier", figure_cell(value_at(report, "/metrics/accuracy"))}};
  for (const auto& [name, value] : value_at(report, "/baselines").items()) {
    rows.push_back({name, is_figure(value) ? figure_cell(value)
                                           : Html(fmt::format("{:.3f}", value.get<double>()))});
  }
  return html::table({"", "Accuracy"}, rows);
}

/// A row a group: its size and what tells groups apart. Then each class in each group.
Html subgroup_tables(const std::string& column, const Json& groups) {
  static constexpr std::array<std::string_view, 5> kOverall{"accuracy", "balanced_accuracy",
                                                            "f1_macro", "auroc_macro", "ece"};
  static constexpr std::array<std::string_view, 3> kOfClass{"sensitivity", "specificity", "auroc"};
  html::Row header = {label_of(column), "images", "patients"};
  for (const std::string_view key : kOverall) header.emplace_back(label_of(std::string(key)));
  html::Row class_header = {label_of(column), "class", "images"};
  for (const std::string_view key : kOfClass) class_header.emplace_back(label_of(std::string(key)));
  std::vector<html::Row> rows;
  std::vector<html::Row> class_rows;
  for (const Json& group : groups) {
    const std::string value = text_at(group, "/value");
    html::Row row = {value, text_at(group, "/samples"), text_at(group, "/patients")};
    for (const std::string_view key : kOverall) {
      row.push_back(figure_cell(value_at(group, "/metrics/" + std::string(key))));
    }
    rows.push_back(std::move(row));
    for (const auto& [name, figures] : value_at(group, "/per_class").items()) {
      html::Row of_class = {value, name, text_at(figures, "/support")};
      for (const std::string_view key : kOfClass) {
        of_class.push_back(figure_cell(value_at(figures, "/" + std::string(key))));
      }
      class_rows.push_back(std::move(of_class));
    }
  }
  return html::heading("By " + label_of(column)) + html::table(header, rows) +
         html::table(class_header, class_rows);
}

/// {column: [{"value", "samples", "patients", "metrics", "per_class"}]}, or another shape as it is.
Html subgroups_view(const Json& subgroups) {
  Html out;
  for (const auto& [column, groups] : subgroups.items()) {
    const bool known = groups.is_array() && !groups.empty() && groups.front().contains("metrics");
    out += known ? subgroup_tables(column, groups)
                 : html::heading(label_of(column)) + json_view(groups);
  }
  return out;
}

}  // namespace

Section results_section(const Evidence& evidence) {
  const Json& report = evidence.report;
  Section section{"results", "Results", {}};
  section.body += metrics_table(report.at("metrics"));
  section.body += html::heading("Each class against the rest") + class_table(report);
  section.body += html::heading("Confusion matrix") + confusion_table(report);
  section.body += html::heading("Beside what needs no disease to be seen") + baseline_table(report);
  std::vector<Html> notes;
  for (const Json& note : value_at(report, "/notes")) notes.emplace_back(note.get<std::string>());
  section.body += html::list(notes);
  return section;
}

std::vector<Section> further_sections(const Evidence& evidence) {
  std::vector<Section> out;
  for (const auto& [key, value] : evidence.report.items()) {
    static constexpr std::array<std::string_view, 11> kShown{
        "samples",   "patients", "classes",  "confusion_matrix", "metrics", "per_class",
        "baselines", "notes",    "settings", "provenance",       "notice"};
    if (std::find(kShown.begin(), kShown.end(), key) != kShown.end() || value.is_null()) continue;
    std::string title = label_of(key);
    if (!title.empty() && title[0] >= 'a' && title[0] <= 'z') title[0] -= 'a' - 'A';
    out.push_back({key, title, key == "subgroups" ? subgroups_view(value) : json_view(value)});
  }
  return out;
}

}  // namespace xrayclf
