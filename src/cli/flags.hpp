#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "xrayclf/core/fields.hpp"

namespace xrayclf {

/// Adds one `--path.to.field` per described field. What the user gives lands in `patch`, a JSON
/// merge patch that must outlive parsing; ranges and names are checked by read_json, in one place
/// for flags and files. A flag whose text does not fit its kind throws CLI::ConversionError.
void add_flags(CLI::App& command, const std::vector<FieldDoc>& docs, nlohmann::json& patch);

/// The value of a field in words, as the help shows it: "INT", "PATH", "float32|bfloat16",
/// "NUM,...".
std::string type_text(const FieldDoc& doc);

/// What the help says in brackets: unit, demand, default; "" where there is nothing to say.
std::string notes_text(const FieldDoc& doc);

/// Whether the field's value names a file or a directory.
bool names_path(const FieldDoc& doc);

/// Lets a boolean flag stand alone: "--quiet" becomes "--quiet=true" unless a true or false
/// follows.
std::vector<std::string> complete_boolean_flags(std::vector<std::string> arguments,
                                                const std::vector<std::string>& boolean_flags);

}  // namespace xrayclf
