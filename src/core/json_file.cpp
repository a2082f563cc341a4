#include "xrayclf/core/json_file.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

using nlohmann::json;
constexpr std::size_t kMaxDepth = 64;
constexpr std::uintmax_t kMaxBytes = std::uintmax_t{256} << 20;

/// "line 3, column 7" of a byte offset counted from 1.
std::string position(std::string_view text, std::size_t byte) {
  std::size_t line = 1;
  std::size_t column = 1;
  for (std::size_t i = 0; i + 1 < byte && i < text.size(); ++i) {
    if (text[i] == '\n') {
      ++line;
      column = 1;
    } else {
      ++column;
    }
  }
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

template <class Json>
std::string dump(const Json& value) {
  return value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

json parse_json(std::string_view text, const std::string& name) {
  // The parser takes a NUL for the end and would not look at what follows.
  if (const auto at = text.find('\0'); at != std::string_view::npos) {
    throw ConfigError(name + ": not valid JSON at " + position(text, at + 1) + ": a NUL byte");
  }
  std::vector<std::set<std::string>> keys;
  const json::parser_callback_t check = [&](int, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::object_start || event == json::parse_event_t::array_start) {
      keys.emplace_back();
      if (keys.size() > kMaxDepth) throw ConfigError(name + ": nested more than 64 levels deep");
    } else if (event == json::parse_event_t::object_end ||
               event == json::parse_event_t::array_end) {
      keys.pop_back();
    } else if (event == json::parse_event_t::key &&
               !keys.back().insert(parsed.get<std::string>()).second) {
      throw ConfigError(name + ": key '" + printable(parsed.get<std::string>()) + "' stands twice");
    }
    return true;
  };
  try {
    return json::parse(text, check);
  } catch (const json::parse_error& e) {
    // Keep the library's reason, drop its "[json.exception.parse_error.101] parse error at ..: ".
    std::string reason = e.what();
    if (const auto at = reason.find(": "); at != std::string::npos) reason.erase(0, at + 2);
    throw ConfigError(name + ": not valid JSON at " + position(text, e.byte) + ": " +
                      printable(reason));
  }
}

json read_json_file(const std::filesystem::path& path) {
  return parse_json(read_file(path, kMaxBytes), path.string());
}

void write_json_file(const std::filesystem::path& path, const json& value) {
  write_file(path, dump(value));
}

void write_json_file(const std::filesystem::path& path, const nlohmann::ordered_json& value) {
  write_file(path, dump(value));
}

std::string json_differences(const json& before, const json& now) {
  const json old_values = before.flatten();
  const json new_values = now.flatten();
  std::map<std::string, std::pair<std::string, std::string>> values;
  for (const auto& [key, value] : old_values.items()) values[key] = {value.dump(), "absent"};
  for (const auto& [key, value] : new_values.items()) {
    values.emplace(key, std::pair("absent", "")).first->second.second = value.dump();
  }
  std::vector<std::string> lines;
  for (const auto& [key, pair] : values) {
    if (pair.first == pair.second) continue;
    std::string path = key.empty() ? "value" : key.substr(1);
    std::replace(path.begin(), path.end(), '/', '.');
    lines.push_back(printable(path) + ": " + printable(pair.first) + " then, " +
                    printable(pair.second) + " now");
  }
  return join(lines, "; ");
}

}  // namespace xrayclf
