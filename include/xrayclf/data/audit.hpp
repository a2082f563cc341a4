#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "xrayclf/data/dataset_info.hpp"
#include "xrayclf/data/duplicates.hpp"
#include "xrayclf/data/patients.hpp"
#include "xrayclf/data/shortcut_baselines.hpp"
#include "xrayclf/data/sources.hpp"

namespace xrayclf {

/// Something that sits where it must not: a patient or an image in two splits, folds or classes.
struct Leak {
  std::string subject;              ///< patient, or the source of one of the images
  std::vector<std::string> places;  ///< splits, folds or classes, at least two
  std::vector<std::size_t> records;
};

/// What a reader must know of a data set before believing a figure computed on it.
struct Audit {
  std::vector<std::string> classes;
  ClassCounts counts;
  PatientOrigin patients;
  std::vector<SkippedFile> unreadable;  ///< images that could not be read, and why
  std::vector<SkippedFile> skipped;     ///< files that are no images, links, ...
  std::vector<std::vector<std::size_t>> exact;
  std::vector<NearDuplicate> near;
  std::vector<Leak> patients_in_two_splits;
  std::vector<Leak> images_in_two_splits;  ///< exact duplicates
  std::vector<Leak> patients_in_two_folds;
  std::vector<Leak> images_in_two_folds;
  std::vector<Leak> images_of_two_classes;
  std::vector<std::string> missing;  ///< "no COVID-19 in test": splits without some class
  ShortcutBaselines shortcuts;
};

/// Fills in what follows from the records alone: counts, exact duplicates, leaks, missing classes.
void audit_records(Audit& audit, const std::vector<Record>& records);

/// One line a kind of leak that makes the set unfit, with the first example; empty when it is fit.
std::vector<std::string> leak_messages(const Audit& audit);

/// audit.json. Names that are not UTF-8 appear with U+FFFD and, in hexadecimal, as "..._bytes".
nlohmann::ordered_json audit_json(const Audit& audit, const std::vector<Record>& records);

/// A table for people.
std::string audit_text(const Audit& audit, const std::vector<Record>& records);

}  // namespace xrayclf
