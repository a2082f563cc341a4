#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/common_options.hpp"
#include "cli/flags.hpp"
#include "xrayclf/core/json_file.hpp"

namespace xrayclf {

/// Runs a parsed command; results go to the stream.
using Action = std::function<void(std::ostream& out)>;

/// One line of the table of subcommands.
struct Command {
  std::string name;
  std::string summary;
  std::vector<std::string> examples;  ///< shown first in the help
  std::vector<FieldDoc> (*describe)();
  /// Adds the options; the returned action runs after parsing.
  Action (*bind)(CLI::App& subcommand);
};

/// The only list of subcommands.
const std::vector<Command>& commands();

/// Joins a configuration struct and the function that takes it.
template <class Config, void (*run)(const Config&, std::ostream&)>
Action bind(CLI::App& subcommand) {
  struct Input {
    std::string file;
    nlohmann::json flags = nlohmann::json::object();
    bool print = false;
  };
  auto input = std::make_shared<Input>();
  subcommand.add_option("--config", input->file, common_help("config"))->type_name("PATH");
  subcommand.add_flag("--print-config", input->print, common_help("print-config"));
  add_flags(subcommand, describe<Config>(), input->flags);
  return [input](std::ostream& out) {
    nlohmann::json file = nlohmann::json::object();
    if (!input->file.empty()) {
      file = read_json_file(input->file);
      if (!file.is_object()) throw ConfigError(input->file + ": must hold a JSON object");
    }
    if (input->print) {
      // What the user must still give is no obstacle to printing the rest.
      out << write_json(resolve_config<Config>(file, input->flags, Required::ignored)).dump(2)
          << "\n";
      return;
    }
    run(resolve_config<Config>(file, input->flags), out);
  };
}

}  // namespace xrayclf
