#include "cli/common_options.hpp"

#include <algorithm>

#include "xrayclf/core/logging.hpp"

namespace xrayclf {
namespace {

FieldDoc common_option(const char* name, FieldKind kind, const char* help) {
  FieldDoc doc;
  doc.path = name;
  doc.kind = kind;
  doc.help = help;
  return doc;
}

FieldDoc config_file() {
  FieldDoc doc =
      common_option("config", FieldKind::text,
                    "JSON file with any of the command's own options as keys; flags win");
  doc.unit = "path";
  return doc;
}

FieldDoc log_level() {
  FieldDoc doc =
      common_option("log-level", FieldKind::text, "Least severe message shown on standard error");
  doc.choices = detail::names_of_enum<LogLevel>();
  doc.default_value = name_of(LogLevel::info);
  return doc;
}

}  // namespace

const std::vector<FieldDoc>& common_options() {
  static const std::vector<FieldDoc> options{
      config_file(),
      common_option("print-config", FieldKind::boolean,
                    "Print the resolved configuration and stop"),
      log_level(),
      common_option("quiet", FieldKind::boolean, "Show errors only"),
      common_option("help", FieldKind::boolean, "Print this help message and exit"),
  };
  return options;
}

const std::string& common_help(const std::string& name) {
  const auto& options = common_options();
  return std::find_if(options.begin(), options.end(),
                      [&](const FieldDoc& doc) { return doc.path == name; })
      ->help;
}

const std::vector<std::pair<std::string, std::string>>& exit_codes() {
  static const std::vector<std::pair<std::string, std::string>> codes{{"0", "done"},
                                                                      {"1", "internal"},
                                                                      {"2", "usage"},
                                                                      {"3", "data"},
                                                                      {"4", "model"},
                                                                      {"5", "input/output"},
                                                                      {"6", "numeric"},
                                                                      {"7", "device or memory"},
                                                                      {"8", "some inputs failed"},
                                                                      {"130/143", "interrupted"}};
  return codes;
}

}  // namespace xrayclf
