#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "xrayclf/data/sources.hpp"

namespace xrayclf {

/// The images of a folder per class, or of train, val and test with a folder per class each, in no
/// particular order. `classes` receives the name of every class folder, also of those without an
/// image.
SourceList list_tree(const std::filesystem::path& root, const SourceOptions& options,
                     std::set<std::string>& classes);

}  // namespace xrayclf
