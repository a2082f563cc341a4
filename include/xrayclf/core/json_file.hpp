#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace xrayclf {

/// Parses strict JSON: no duplicate keys, no comments, at most 64 levels deep. Throws
/// ConfigError with `name` and the position.
nlohmann::json parse_json(std::string_view text, const std::string& name);

/// Reads a JSON file of at most 256 MiB. Throws IoError if it cannot be read and ConfigError
/// if it is not JSON, each with the path.
nlohmann::json read_json_file(const std::filesystem::path& path);

/// Writes `value` whole (see atomic_file.hpp), two spaces a level, with a final newline. Text that
/// is not UTF-8 is written with U+FFFD in place of the bad bytes.
void write_json_file(const std::filesystem::path& path, const nlohmann::json& value);
void write_json_file(const std::filesystem::path& path, const nlohmann::ordered_json& value);

/// "key.path: OLD then, NEW now" for every value that differs, joined by "; "; empty if none does.
std::string json_differences(const nlohmann::json& before, const nlohmann::json& now);

}  // namespace xrayclf
