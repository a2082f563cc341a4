#include "xrayclf/data/audit.hpp"

#include <functional>
#include <map>
#include <set>

#include "xrayclf/core/text.hpp"
#include "xrayclf/metrics/proportion.hpp"

namespace xrayclf {
namespace {

using nlohmann::ordered_json;
using Place = std::function<std::string(const Record&)>;

std::string split_of(const Record& record) { return record.split; }
std::string label_of(const Record& record) { return record.label; }
std::string fold_of(const Record& record) {
  return record.fold == 0 ? "" : std::to_string(record.fold);
}

/// Those of the clusters whose records are in more than one place.
std::vector<Leak> leaks(const std::vector<Record>& records,
                        const std::map<std::string, std::vector<std::size_t>>& clusters,
                        const Place& place) {
  std::vector<Leak> out;
  for (const auto& [subject, members] : clusters) {
    std::set<std::string> places;
    for (const std::size_t i : members) {
      const std::string where = place(records[i]);
      if (!where.empty()) places.insert(where);
    }
    if (places.size() > 1) out.push_back({subject, {places.begin(), places.end()}, members});
  }
  return out;
}

void add_name(ordered_json& out, const std::string& key, const std::string& name) {
  out[key] = name;
  if (is_utf8(name)) return;
  std::string hex;
  for (const unsigned char c : name) {
    for (const int nibble : {c >> 4, c & 15}) hex += "0123456789abcdef"[nibble];
  }
  out[key + "_bytes"] = hex;
}

ordered_json files_json(const std::vector<SkippedFile>& files) {
  ordered_json out = ordered_json::array();
  for (const SkippedFile& file : files) {
    ordered_json item;
    add_name(item, "path", file.name);
    item["reason"] = file.reason;
    out.push_back(item);
  }
  return out;
}

ordered_json record_json(const Record& record) {
  ordered_json out;
  add_name(out, "source", record.source);
  add_name(out, "label", record.label);
  add_name(out, "patient_id", record.patient_id);
  out["split"] = record.split;
  if (record.fold > 0) out["fold"] = record.fold;
  return out;
}

bool differ(const std::vector<Record>& records, const std::vector<std::size_t>& members,
            const Place& place) {
  std::set<std::string> places;
  for (const std::size_t i : members) places.insert(place(records[i]));
  return places.size() > 1;
}

ordered_json cluster_json(const std::vector<Record>& records,
                          const std::vector<std::size_t>& members) {
  ordered_json out;
  out["across_classes"] = differ(records, members, label_of);
  out["across_splits"] = differ(records, members, split_of);
  out["across_patients"] =
      differ(records, members, [](const Record& record) { return record.patient_id; });
  out["images"] = ordered_json::array();
  for (const std::size_t i : members) out["images"].push_back(record_json(records[i]));
  return out;
}

ordered_json leaks_json(const std::vector<Leak>& found, const std::vector<Record>& records) {
  ordered_json out = ordered_json::array();
  for (const Leak& leak : found) {
    ordered_json item;
    add_name(item, "subject", leak.subject);
    item["in"] = leak.places;
    item["images"] = ordered_json::array();
    for (const std::size_t i : leak.records) item["images"].push_back(record_json(records[i]));
    out.push_back(item);
  }
  return out;
}

ordered_json shortcuts_json(const ShortcutBaselines& shortcuts) {
  ordered_json out;
  out["method"] = "extremely randomised trees, cross-validated with whole patients in a fold";
  out["images"] = shortcuts.images;
  out["folds"] = shortcuts.folds;
  out["majority"] = shortcuts.majority;
  out["baselines"] = ordered_json::object();
  for (const ShortcutBaseline& baseline : shortcuts.baselines) {
    const Interval interval = wilson_interval(static_cast<double>(baseline.correct),
                                              static_cast<double>(shortcuts.images));
    out["baselines"][baseline.name] = {{"features", baseline.features},
                                       {"accuracy",
                                        {{"value", baseline.accuracy},
                                         {"low", interval.low},
                                         {"high", interval.high},
                                         {"method", "Wilson"}}}};
  }
  return out;
}

void add_message(std::vector<std::string>& out, const std::vector<Leak>& found,
                 const std::string& what) {
  if (found.empty()) return;
  const Leak& first = found.front();
  out.push_back(counted(static_cast<long long>(found.size()), what) + " (the first: '" +
                printable(first.subject) + "' in " + printable(join(first.places, " and ")) + ")");
}

}  // namespace

void audit_records(Audit& audit, const std::vector<Record>& records) {
  audit.counts = count_classes(records);
  audit.exact = exact_duplicates(records);
  std::map<std::string, std::vector<std::size_t>> patients;
  std::map<std::string, std::vector<std::size_t>> images;
  for (std::size_t i = 0; i < records.size(); ++i) patients[records[i].patient_id].push_back(i);
  for (const auto& cluster : audit.exact) images[records[cluster.front()].source] = cluster;
  audit.patients_in_two_splits = leaks(records, patients, split_of);
  audit.images_in_two_splits = leaks(records, images, split_of);
  audit.patients_in_two_folds = leaks(records, patients, fold_of);
  audit.images_in_two_folds = leaks(records, images, fold_of);
  audit.images_of_two_classes = leaks(records, images, label_of);
  for (const auto& [split, by_class] : audit.counts) {
    if (split.empty()) continue;
    for (const std::string& label : audit.classes) {
      if (by_class.count(label) == 0) audit.missing.push_back("no '" + label + "' in " + split);
    }
  }
}

std::vector<std::string> leak_messages(const Audit& audit) {
  std::vector<std::string> out;
  add_message(out, audit.patients_in_two_splits, "patient in two splits");
  add_message(out, audit.images_in_two_splits, "identical image in two splits");
  add_message(out, audit.patients_in_two_folds, "patient in two folds");
  add_message(out, audit.images_in_two_folds, "identical image in two folds");
  add_message(out, audit.images_of_two_classes, "identical image under two labels");
  return out;
}

ordered_json audit_json(const Audit& audit, const std::vector<Record>& records) {
  ordered_json out;
  out["schema_version"] = kDatasetSchema;
  out["images"] = records.size();
  out["classes"] = audit.classes;
  out["counts"] = counts_json(audit.counts, audit.classes);
  out["patients"] = patients_json(audit.patients);
  out["unreadable"] = files_json(audit.unreadable);
  out["skipped"] = files_json(audit.skipped);
  out["missing_classes"] = audit.missing;
  out["exact_duplicates"] = ordered_json::array();
  for (const auto& cluster : audit.exact) {
    out["exact_duplicates"].push_back(cluster_json(records, cluster));
  }
  out["near_duplicates"] = ordered_json::array();
  for (const NearDuplicate& pair : audit.near) {
    ordered_json item = cluster_json(records, {pair.first, pair.second});
    item["correlation"] = pair.correlation;
    out["near_duplicates"].push_back(item);
  }
  out["patients_in_two_splits"] = leaks_json(audit.patients_in_two_splits, records);
  out["images_in_two_splits"] = leaks_json(audit.images_in_two_splits, records);
  out["patients_in_two_folds"] = leaks_json(audit.patients_in_two_folds, records);
  out["images_in_two_folds"] = leaks_json(audit.images_in_two_folds, records);
  out["images_of_two_classes"] = leaks_json(audit.images_of_two_classes, records);
  out["shortcut_baselines"] = shortcuts_json(audit.shortcuts);
  return out;
}

}  // namespace xrayclf
