#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "xrayclf/data/manifest.hpp"
#include "xrayclf/data/patient_key.hpp"

namespace xrayclf {

/// How many records got their patient from where.
struct PatientOrigin {
  std::int64_t from_input = 0;    ///< the column patient_id
  std::int64_t from_pattern = 0;  ///< the regular expression on the file name
  std::int64_t from_header = 0;   ///< a DICOM film's Patient ID
  std::int64_t alone = 0;         ///< not known: the image counts as a patient of its own
  std::int64_t patients = 0;      ///< distinct patients, images alone included
};

/// What a DICOM film says of its patient.
struct PatientHint {
  std::string file_name;            ///< the source's own, which is not written anywhere
  std::string pseudonym;            ///< of its Patient ID, or ""
  const PatientKey* key = nullptr;  ///< null for other files
};

/// Completes the patient_id of records: what the input says stays; else what the one capture group
/// of `pattern` (ECMAScript, searched in the file name; "" for none) finds, as a pseudonym for a
/// DICOM film; else the pseudonym of a DICOM film's Patient ID; else the source's name, so that the
/// image counts as a patient of its own. `hints`: one a record, or none at all. Throws ConfigError
/// for a pattern that is no regular expression or has not exactly one capture group.
PatientOrigin assign_patients(std::vector<Record>& records, const std::string& pattern,
                              const std::vector<PatientHint>& hints = {});

/// A group for each record such that records of one patient, and records of identical images (of
/// equal source file or equal prepared image), share a group; a split by these groups has no leak.
std::vector<std::string> leak_free_groups(const std::vector<Record>& records);

}  // namespace xrayclf
