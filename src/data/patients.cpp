#include "xrayclf/data/patients.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <regex>
#include <set>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

std::regex compiled(const std::string& pattern) {
  try {
    const std::regex regex(pattern);
    if (regex.mark_count() != 1) {
      throw ConfigError("patient_regex must have exactly one capture group, '" +
                        printable(pattern) + "' has " + std::to_string(regex.mark_count()));
    }
    return regex;
  } catch (const std::regex_error& e) {
    throw ConfigError("patient_regex is no regular expression: '" + printable(pattern) + "' (" +
                      e.what() + ")");
  }
}

std::string search(const std::regex& regex, const std::string& source) {
  const std::string name = std::filesystem::path(source).filename().string();
  std::smatch match;
  try {
    if (std::regex_search(name, match, regex)) return match[1].str();
  } catch (const std::regex_error&) {
    // Too much backtracking on this name counts as no match.
  }
  return "";
}

/// What the pattern finds in the file's name, as a pseudonym for a DICOM film.
std::string found(const std::regex& regex, const Record& record, const PatientHint& hint) {
  if (hint.key == nullptr) return search(regex, record.source);
  return hint.key->pseudonym(search(regex, hint.file_name));
}

/// Union-find with path halving.
class Groups {
 public:
  explicit Groups(std::size_t count) : parent_(count) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
  }
  std::size_t find(std::size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void join(std::size_t a, std::size_t b) { parent_[find(a)] = find(b); }

 private:
  std::vector<std::size_t> parent_;
};

}  // namespace

PatientOrigin assign_patients(std::vector<Record>& records, const std::string& pattern,
                              const std::vector<PatientHint>& hints) {
  std::optional<std::regex> regex;
  if (!pattern.empty()) regex = compiled(pattern);
  PatientOrigin origin;
  std::set<std::string> patients;
  for (std::size_t i = 0; i < records.size(); ++i) {
    Record& record = records[i];
    const PatientHint hint = hints.empty() ? PatientHint{} : hints[i];
    if (!record.patient_id.empty()) {
      ++origin.from_input;
    } else if (regex && !(record.patient_id = found(*regex, record, hint)).empty()) {
      ++origin.from_pattern;
    } else if (!hint.pseudonym.empty()) {
      record.patient_id = hint.pseudonym;
      ++origin.from_header;
    } else {
      record.patient_id = record.source;
      ++origin.alone;
    }
    patients.insert(record.patient_id);
  }
  origin.patients = static_cast<std::int64_t>(patients.size());
  return origin;
}

std::vector<std::string> leak_free_groups(const std::vector<Record>& records) {
  Groups groups(records.size());
  std::map<std::string, std::size_t> patients;
  std::map<std::string, std::size_t> files;
  std::map<std::string, std::size_t> images;
  for (std::size_t i = 0; i < records.size(); ++i) {
    groups.join(i, patients.try_emplace(records[i].patient_id, i).first->second);
    groups.join(i, files.try_emplace(records[i].sha256, i).first->second);
    groups.join(i, images.try_emplace(records[i].prepared_sha256, i).first->second);
  }
  // The group's name is its first patient in the alphabet, whatever the order of the records.
  std::map<std::size_t, std::string> names;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto [name, is_new] = names.try_emplace(groups.find(i), records[i].patient_id);
    if (!is_new) name->second = std::min(name->second, records[i].patient_id);
  }
  std::vector<std::string> out;
  for (std::size_t i = 0; i < records.size(); ++i) out.push_back(names.at(groups.find(i)));
  return out;
}

}  // namespace xrayclf
