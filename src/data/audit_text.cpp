#include <algorithm>

#include <fmt/format.h>

#include "xrayclf/core/text.hpp"
#include "xrayclf/data/audit.hpp"
#include "xrayclf/metrics/proportion.hpp"

namespace xrayclf {
namespace {

std::string counts_table(const Audit& audit) {
  std::vector<std::string> heads;
  std::string out = fmt::format("{:<12}", "images");
  for (const std::string& label : audit.classes) {
    heads.push_back(printable(label));
    out += fmt::format("  {:>8}", heads.back());
  }
  out += fmt::format("  {:>8}\n", "all");
  for (const char* split : {"train", "validation", "test", ""}) {
    const auto row = audit.counts.find(split);
    if (row == audit.counts.end()) continue;
    out += fmt::format("{:<12}", *split == '\0' ? "no split" : split);
    std::int64_t all = 0;
    for (std::size_t c = 0; c < audit.classes.size(); ++c) {
      const auto cell = row->second.find(audit.classes[c]);
      const std::int64_t count = cell == row->second.end() ? 0 : cell->second;
      all += count;
      out += fmt::format("  {:>{}}", count, std::max<std::size_t>(8, heads[c].size()));
    }
    out += fmt::format("  {:>8}\n", all);
  }
  return out;
}

std::string finding(const char* what, std::size_t count, const std::string& note = "") {
  return fmt::format("{:<30}{:>6}{}\n", what, count, note.empty() ? "" : "  " + note);
}

std::string near_note(const Audit& audit, const std::vector<Record>& records) {
  std::size_t classes = 0;
  std::size_t splits = 0;
  std::size_t patients = 0;
  for (const NearDuplicate& pair : audit.near) {
    const Record& a = records[pair.first];
    const Record& b = records[pair.second];
    if (a.label != b.label) ++classes;
    if (a.split != b.split) ++splits;
    if (a.patient_id != b.patient_id) ++patients;
  }
  if (audit.near.empty()) return "";
  return fmt::format("pairs: {} across classes, {} across splits, {} across patients", classes,
                     splits, patients);
}

std::string percent(double value) { return fmt::format("{:5.1f} %", 100 * value); }

std::string shortcuts_table(const ShortcutBaselines& shortcuts) {
  if (shortcuts.images == 0) return "";
  std::string out = "\naccuracy without looking for disease";
  if (shortcuts.folds == 0) return out + ": not estimated, there is only one patient\n";
  out += fmt::format(" ({} folds by patient, {} images)\n", shortcuts.folds, shortcuts.images);
  out +=
      fmt::format("{:<12}{}  always the largest class\n", "majority", percent(shortcuts.majority));
  for (const ShortcutBaseline& baseline : shortcuts.baselines) {
    const Interval interval = wilson_interval(static_cast<double>(baseline.correct),
                                              static_cast<double>(shortcuts.images));
    out +=
        fmt::format("{:<12}{}  [{:.1f}, {:.1f}]  {}\n", baseline.name, percent(baseline.accuracy),
                    100 * interval.low, 100 * interval.high, baseline.features);
  }
  return out;
}

}  // namespace

std::string audit_text(const Audit& audit, const std::vector<Record>& records) {
  std::string out = counts_table(audit) + "\n";
  out += finding("patients", static_cast<std::size_t>(audit.patients.patients),
                 audit.patients.alone == 0
                     ? ""
                     : counted(audit.patients.alone, "image") + " of an unknown patient");
  out += finding("unreadable images", audit.unreadable.size());
  out += finding("other files skipped", audit.skipped.size());
  out += finding("exact duplicates", audit.exact.size(), audit.exact.empty() ? "" : "clusters");
  out += finding("near-duplicates", audit.near.size(), near_note(audit, records));
  out += finding("patients in two splits", audit.patients_in_two_splits.size());
  out += finding("images in two splits", audit.images_in_two_splits.size());
  if (!audit.patients_in_two_folds.empty() || !audit.images_in_two_folds.empty()) {
    out += finding("patients in two folds", audit.patients_in_two_folds.size());
    out += finding("images in two folds", audit.images_in_two_folds.size());
  }
  out += finding("images under two labels", audit.images_of_two_classes.size());
  for (const std::string& text : audit.missing) out += "warning: " + printable(text) + "\n";
  return out + shortcuts_table(audit.shortcuts);
}

}  // namespace xrayclf
