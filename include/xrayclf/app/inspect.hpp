#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "xrayclf/core/fields.hpp"
#include "xrayclf/image/dicom.hpp"

namespace xrayclf {

/// `xrayclf inspect`: what image files are, and how they would be read.
struct InspectConfig {
  std::vector<std::string> input;
  bool json = false;
  DicomConfig dicom;

  template <class Field>
  static void fields(Field&& field) {
    field("input", &InspectConfig::input, "Image files", required(), Positional{});
    field("json", &InspectConfig::json, "One JSON object a file, one a line");
    field("dicom", &InspectConfig::dicom, "DICOM films");
  }
};

/// Prints what each file is, decoding it whole, or why it would be refused; DICOM files by
/// dicom_public_name() and without anything that names a patient. Throws PartialFailure at the end
/// if some are refused, DataError if all are.
void inspect(const InspectConfig& config, std::ostream& out);

}  // namespace xrayclf
