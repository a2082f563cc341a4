#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace xrayclf {

/// Whether the file may be DICOM, see may_be_dicom(); only a regular file is opened.
bool is_dicom_file(const std::filesystem::path& file);

/// What to call each file in anything shown or written: its name of `names`, or for DICOM
/// dicom_public_name(), with "-2", "-3", ... where files are equal; "dicom-unread" where one cannot
/// be read. On `workers` threads (0: all processors), which read the DICOM files whole.
std::vector<std::string> public_names(const std::vector<std::filesystem::path>& files,
                                      const std::vector<std::string>& names, std::int64_t workers);

}  // namespace xrayclf
