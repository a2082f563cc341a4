#include <fmt/format.h>

#include "json_view.hpp"
#include "sections.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/report/figures.hpp"

namespace xrayclf {
namespace {

using Json = Evidence::Json;

Html counts_table(const Evidence& evidence) {
  html::Row header = {"Images"};
  std::vector<html::Row> rows;
  for (const Json& name : evidence.dataset.at("classes"))
    header.emplace_back(name.get<std::string>());
  header.emplace_back("all");
  for (const auto& [split, counts] : evidence.dataset.at("counts").items()) {
    html::Row row = {split.empty() ? "no split" : split};
    std::int64_t all = 0;
    for (const Json& name : evidence.dataset.at("classes")) {
      const auto count = counts.value(name.get<std::string>(), std::int64_t{0});
      all += count;
      row.emplace_back(std::to_string(count));
    }
    row.emplace_back(std::to_string(all));
    rows.push_back(std::move(row));
  }
  return html::table(header, rows);
}

std::string patients_text(const Json& dataset) {
  const Json& alone = value_at(dataset, "/patients/images_alone");
  const bool known = !alone.is_number() || alone.get<std::int64_t>() == 0;
  return text_at(dataset, "/patients/patients") +
         (known ? ""
                : "; the patient of " + counted(alone.get<std::int64_t>(), "image") +
                      " is not known, and each counts as one");
}

/// How often the audit found something, in its order.
Html audit_table(const Json& audit) {
  std::vector<std::pair<Html, Html>> rows;
  for (const char* key :
       {"unreadable", "skipped", "missing_classes", "exact_duplicates", "near_duplicates",
        "patients_in_two_splits", "images_in_two_splits", "patients_in_two_folds",
        "images_in_two_folds", "images_of_two_classes"}) {
    const Json& found = value_at(audit, std::string("/") + key);
    if (!found.is_array()) continue;
    rows.emplace_back(label_of(key), std::to_string(found.size()));
  }
  return html::pairs(rows);
}

Html shortcut_table(const Evidence& evidence) {
  const Json& shortcuts = value_at(evidence.audit, "/shortcut_baselines");
  const Json& baselines = value_at(shortcuts, "/baselines");
  std::vector<html::Row> rows;
  const Json& majority = value_at(shortcuts, "/majority");
  if (majority.is_number()) {
    rows.push_back({"majority", fmt::format("{:.3f}", majority.get<double>()),
                    "always naming the largest class"});
  }
  if (baselines.is_object()) {
    for (const auto& [name, entry] : baselines.items()) {
      rows.push_back(
          {name, figure_cell(value_at(entry, "/accuracy")), text_at(entry, "/features")});
    }
  }
  if (rows.empty()) return {};
  return html::heading("Shortcut baselines") +
         html::paragraph(
             "Accuracy that needs no disease to be seen, cross-validated on the whole data set (" +
             text_at(shortcuts, "/method") +
             "). A network's accuracy is worth what it adds to these.") +
         html::table({"Features", "Accuracy", "What they are"}, rows);
}

}  // namespace

Section data_section(const Evidence& evidence) {
  Section section{"data", "Data", {}};
  if (evidence.dataset.is_null()) return section;
  const Json& dataset = evidence.dataset;
  section.body += counts_table(evidence);
  section.body += html::pairs(
      {{"Directory", html::element("code", evidence.paths.data.string())},
       {"Patients", patients_text(dataset)},
       {"Split", text_at(dataset, "/split_from") == "input" ? "as given with the images"
                                                            : "drawn by class, patients whole"},
       {"Leaks allowed", json_view(value_at(dataset, "/leaks_allowed"))},
       {"Seed", text_at(dataset, "/seed")}});
  section.body += html::figure(evidence.paths.data / kFiguresFolder, "class_distribution",
                               "Images of each class in each part of the data.");
  section.body += html::figure(evidence.paths.data / kFiguresFolder, "sample_grid",
                               "Prepared images, drawn at random, a row for each class.");
  section.body +=
      html::heading("Preparation of the images") + json_view(value_at(dataset, "/preprocessing"));
  if (!evidence.audit.is_null()) {
    section.body += html::heading("Audit") +
                    html::paragraph("How many the audit found; audit.json names each.") +
                    audit_table(evidence.audit) + shortcut_table(evidence);
  }
  return section;
}

}  // namespace xrayclf
