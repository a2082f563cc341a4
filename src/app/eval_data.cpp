#include "app/eval_data.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/data/dataset_info.hpp"

namespace xrayclf {
namespace {

std::vector<std::string> without(const std::vector<std::string>& from,
                                 const std::vector<std::string>& these) {
  std::vector<std::string> left;
  for (const std::string& name : from) {
    if (std::find(these.begin(), these.end(), name) == these.end()) left.push_back(printable(name));
  }
  return left;
}

std::optional<std::string> column_of(const Record& record, const std::string& column) {
  if (const auto found = record.metadata.find(column); found != record.metadata.end()) {
    return found->second;
  }
  const std::vector<std::string> values = {record.path,
                                           record.source,
                                           record.sha256,
                                           record.label,
                                           record.patient_id,
                                           record.split,
                                           std::to_string(record.fold),
                                           std::to_string(record.width),
                                           std::to_string(record.height),
                                           std::to_string(record.bit_depth),
                                           record.prepared_sha256};
  const std::vector<std::string>& names = manifest_columns();
  const auto found = std::find(names.begin(), names.end(), column);
  if (found == names.end()) return std::nullopt;
  return values.at(static_cast<std::size_t>(found - names.begin()));
}

}  // namespace

void require_fit(const PreparedSet& set, const Classifier& classifier) {
  const auto only_data = without(set.classes, classifier.classes());
  const auto only_model = without(classifier.classes(), set.classes);
  if (!only_data.empty() || !only_model.empty()) {
    throw ModelError(fmt::format(
        "{} and {} have other classes: only in the data: {}; only in the checkpoint: {}",
        set.root.string(), classifier.path().string(), only_data.empty() ? "none" : join(only_data),
        only_model.empty() ? "none" : join(only_model)));
  }
  if (set.fingerprint != classifier.info().preprocessing_fingerprint) {
    throw ModelError(fmt::format(
        "{} was prepared otherwise than the images that {} was trained on: {} there, {} here; "
        "prepare "
        "it again with the checkpoint's settings",
        set.root.string(), classifier.path().string(), classifier.info().preprocessing.dump(),
        nlohmann::json(write_json(set.preprocessing)).dump()));
  }
}

std::vector<Baseline> stored_baselines(const PreparedSet& set) {
  std::vector<Baseline> baselines;
  const auto file = set.root / kAuditFile;
  if (!std::filesystem::exists(file)) return baselines;
  const nlohmann::json audit = read_json_file(file);
  const auto found = audit.find("shortcut_baselines");
  if (found == audit.end() || !found->is_object() || !found->contains("baselines"))
    return baselines;
  for (const auto& [name, entry] : found->at("baselines").items()) {
    const nlohmann::json value =
        entry.value(nlohmann::json::json_pointer("/accuracy/value"), nlohmann::json());
    if (value.is_number()) baselines.push_back({name, value.get<double>()});
  }
  return baselines;
}

void require_columns(const PreparedSet& set, const std::vector<std::string>& columns) {
  for (const std::string& column : columns) {
    if (set.records.empty() || column_of(set.records.front(), column)) continue;
    std::vector<std::string> known = manifest_columns();
    for (const auto& [name, value] : set.records.front().metadata) known.push_back(name);
    throw DataError(fmt::format("{} has no column '{}'{}; there are: {}",
                                printable((set.root / kManifestFile).string()), printable(column),
                                did_you_mean(column, known), printable(join(known))));
  }
}

void add_columns(Predictions& predictions, const PreparedSet& set,
                 const std::vector<std::size_t>& rows, const std::vector<std::string>& columns) {
  for (const std::string& column : columns) {
    std::vector<std::string>& cells = predictions.metadata[column];
    cells.clear();
    for (const std::size_t row : rows) {
      cells.push_back(column_of(set.records[row], column).value_or(""));
    }
  }
}

}  // namespace xrayclf
