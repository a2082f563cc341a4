#pragma once

#include <filesystem>
#include <string>

#include "xrayclf/report/evidence.hpp"

namespace xrayclf {

/// The evaluation on one page that needs nothing beside itself.
std::string html_report(const Evidence& evidence);

/// Reads the evidence and writes the page, whole. `statements`: a JSON file (Statements::read), or
/// empty. Throws as Evidence::gather and Statements::read, DataError if a file does not hold what
/// its writer puts there, IoError.
void write_html_report(const EvidencePaths& paths, const std::filesystem::path& output,
                       const std::filesystem::path& statements = {});

}  // namespace xrayclf
