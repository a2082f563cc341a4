#pragma once

#include <filesystem>
#include <functional>
#include <istream>
#include <string>
#include <vector>

namespace xrayclf {

/// Calls `visit` for every image that the inputs name, in their order: a file as it is; a
/// directory's JPEG, PNG and DICOM files (judged by extension, DICOM by its mark too; hidden ones
/// left out), sorted by name, with
/// its subdirectories, links to directories not followed; "-" for a list on `list`, one path a
/// line. Paths need not exist: reading them will tell. `visit` returns whether to go on. Throws
/// DataError for a directory without images, and ConfigError for "-" given twice.
void for_each_image(const std::vector<std::string>& inputs, std::istream& list,
                    const std::function<bool(const std::filesystem::path&)>& visit);

}  // namespace xrayclf
