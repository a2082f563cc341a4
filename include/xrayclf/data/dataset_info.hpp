#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "xrayclf/data/manifest.hpp"
#include "xrayclf/data/patients.hpp"

namespace xrayclf {

/// Files of a data directory beside `images/`. dataset.json is written last: without it the
/// directory is no finished data set.
inline constexpr const char* kManifestFile = "manifest.csv";
inline constexpr const char* kDatasetFile = "dataset.json";
inline constexpr const char* kAuditFile = "audit.json";

/// Version of the layout of dataset.json and manifest.csv.
inline constexpr std::int64_t kDatasetSchema = 1;

/// Images per split ("" for none) and class.
using ClassCounts = std::map<std::string, std::map<std::string, std::int64_t>>;
ClassCounts count_classes(const std::vector<Record>& records);
/// By split and then by class, in the order of `classes`, zeros included.
nlohmann::ordered_json counts_json(const ClassCounts& counts,
                                   const std::vector<std::string>& classes);
nlohmann::ordered_json patients_json(const PatientOrigin& patients);

}  // namespace xrayclf
