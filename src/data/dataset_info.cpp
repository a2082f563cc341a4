#include "xrayclf/data/dataset_info.hpp"

namespace xrayclf {

ClassCounts count_classes(const std::vector<Record>& records) {
  ClassCounts counts;
  for (const Record& record : records) ++counts[record.split][record.label];
  return counts;
}

nlohmann::ordered_json counts_json(const ClassCounts& counts,
                                   const std::vector<std::string>& classes) {
  nlohmann::ordered_json out = nlohmann::ordered_json::object();
  for (const char* split : {"train", "validation", "test", ""}) {
    const auto by_class = counts.find(split);
    if (by_class == counts.end()) continue;
    auto& row = out[*split == '\0' ? "none" : split];
    for (const std::string& label : classes) {
      const auto cell = by_class->second.find(label);
      row[label] = cell == by_class->second.end() ? 0 : cell->second;
    }
  }
  return out;
}

nlohmann::ordered_json patients_json(const PatientOrigin& patients) {
  return {{"patients", patients.patients},
          {"images_by_input", patients.from_input},
          {"images_by_file_name", patients.from_pattern},
          {"images_by_dicom_header", patients.from_header},
          {"images_alone", patients.alone}};
}

}  // namespace xrayclf
