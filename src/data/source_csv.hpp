#pragma once

#include <filesystem>

#include "xrayclf/data/sources.hpp"

namespace xrayclf {

/// The images that a CSV lists, in its order; they need not exist.
SourceList list_csv(const std::filesystem::path& path, const SourceOptions& options);

}  // namespace xrayclf
