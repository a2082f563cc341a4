#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "xrayclf/data/manifest.hpp"

namespace xrayclf {

/// How many records got their patient from where.
struct PatientOrigin {
  std::int64_t from_input = 0;    ///< the column patient_id
  std::int64_t from_pattern = 0;  ///< the regular expression on the file name
  std::int64_t alone = 0;         ///< not known: the image counts as a patient of its own
  std::int64_t patients = 0;      ///< distinct patients, images alone included
};

/// Completes the patient_id of records: what the input says stays; else what the one capture group
/// of `pattern` (ECMAScript, searched in the file name; "" for none) finds; else the source's path,
/// so that the image counts as a patient of its own. Throws ConfigError for a pattern that is no
/// regular expression or has not exactly one capture group.
PatientOrigin assign_patients(std::vector<Record>& records, const std::string& pattern);

/// A group for each record such that records of one patient, and records of identical images (of
/// equal source file or equal prepared image), share a group; a split by these groups has no leak.
std::vector<std::string> leak_free_groups(const std::vector<Record>& records);

}  // namespace xrayclf
