#include "cli/flags.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "xrayclf/core/json_file.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

using nlohmann::json;

/// The units of fields that name a file or directory, and of lists of such.
constexpr const char* kPath = "path";
constexpr const char* kPaths = "paths";

std::optional<bool> boolean_word(const std::string& text) {
  for (const char* word : {"true", "yes", "on", "1"}) {
    if (text == word) return true;
  }
  for (const char* word : {"false", "no", "off", "0"}) {
    if (text == word) return false;
  }
  return std::nullopt;
}

template <class Number>
json parse_number(const std::string& flag, const std::string& text, const char* what) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec != std::errc() || result.ptr != end) {
    throw ConfigError(flag + " must be " + what + ", got '" + printable(text) + "'");
  }
  return value;
}

json parse_value(const std::string& flag, FieldKind kind, const std::string& text) {
  switch (kind) {
    case FieldKind::boolean:
      if (const auto value = boolean_word(text)) return *value;
      throw ConfigError(flag + " must be true or false, got '" + printable(text) + "'");
    case FieldKind::integer:
      return parse_number<std::int64_t>(flag, text, "a whole number");
    case FieldKind::number:
      return parse_number<double>(flag, text, "a number");
    case FieldKind::object_list:
      return parse_json(text, flag);
    case FieldKind::text:
    case FieldKind::list:
      break;
  }
  return text;
}

json parse_flag(const FieldDoc& doc, const std::vector<std::string>& given) {
  const std::string flag = "--" + doc.path;
  if (doc.kind != FieldKind::list) return parse_value(flag, doc.kind, given.back());
  json list = json::array();
  for (const std::string& text : given) {
    // Names of files may hold commas; they come one an argument.
    const auto parts =
        doc.positional || doc.unit == kPaths ? std::vector{text} : split_text(text, ',');
    for (const std::string& part : parts) list.push_back(parse_value(flag, doc.element, part));
  }
  return list;
}

const char* kind_text(FieldKind kind) {
  switch (kind) {
    case FieldKind::boolean:
      return "BOOL";
    case FieldKind::integer:
      return "INT";
    case FieldKind::number:
      return "NUM";
    case FieldKind::object_list:
      return "JSON";
    case FieldKind::text:
    case FieldKind::list:
      break;
  }
  return "TEXT";
}

std::string default_text(const FieldDoc& doc) {
  const json& value = doc.default_value;
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array() || doc.kind == FieldKind::object_list) return value.dump();
  std::vector<std::string> parts;
  for (const json& element : value) {
    parts.push_back(element.is_string() ? element.get<std::string>() : element.dump());
  }
  return join(parts, ",");
}

json::json_pointer pointer_of(const std::string& path) {
  json::json_pointer pointer;
  for (const std::string& part : split_text(path, '.')) pointer.push_back(part);
  return pointer;
}

}  // namespace

std::string type_text(const FieldDoc& doc) {
  if (!doc.choices.empty()) {
    return join(doc.choices, "|") + (doc.kind == FieldKind::list ? ",..." : "");
  }
  if (names_path(doc)) return "PATH";
  if (doc.kind == FieldKind::list) return std::string(kind_text(doc.element)) + ",...";
  return kind_text(doc.kind);
}

std::string notes_text(const FieldDoc& doc) {
  std::vector<std::string> notes;
  if (!doc.unit.empty() && doc.unit != kPath) notes.push_back(doc.unit);
  if (doc.required) notes.push_back("required");
  if (!doc.demand.empty()) notes.push_back(doc.demand);
  if (const std::string value = default_text(doc); !value.empty() && value != "[]") {
    notes.push_back("default " + value);
  }
  return join(notes, "; ");
}

bool names_path(const FieldDoc& doc) {
  const bool text = doc.kind == FieldKind::text || doc.kind == FieldKind::list;
  return text && doc.choices.empty() && (doc.positional || doc.unit == kPath || doc.unit == kPaths);
}

void add_flags(CLI::App& command, const std::vector<FieldDoc>& docs, json& patch) {
  for (const FieldDoc& doc : docs) {
    const std::string names = doc.positional ? doc.path + ",--" + doc.path : "--" + doc.path;
    const std::string notes = notes_text(doc);
    const bool many = doc.positional && doc.kind == FieldKind::list;
    CLI::Option* option = command.add_option(
        names,
        [&patch, doc](const CLI::results_t& given) {
          patch[pointer_of(doc.path)] = parse_flag(doc, given);
          return true;
        },
        notes.empty() ? doc.help : doc.help + " [" + notes + "]");
    option->type_name(type_text(doc));
    option->expected(1, many ? CLI::detail::expected_max_vector_size : 1);
    option->allow_extra_args(many);
    // A script's default flag can be overridden by one after it.
    option->multi_option_policy(doc.kind == FieldKind::list ? CLI::MultiOptionPolicy::TakeAll
                                                            : CLI::MultiOptionPolicy::TakeLast);
    const auto dot = doc.path.find('.');
    option->group(dot == std::string::npos ? "Options" : "Options of " + doc.path.substr(0, dot));
  }
}

std::vector<std::string> complete_boolean_flags(std::vector<std::string> arguments,
                                                const std::vector<std::string>& boolean_flags) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--") break;
    const bool is_boolean =
        std::find(boolean_flags.begin(), boolean_flags.end(), arguments[i]) != boolean_flags.end();
    if (is_boolean && (i + 1 == arguments.size() || !boolean_word(arguments[i + 1]))) {
      arguments[i] += "=true";
    }
  }
  return arguments;
}

}  // namespace xrayclf
