#pragma once

#include <iosfwd>
#include <string>

#include "cli/command.hpp"

namespace xrayclf {

/// `xrayclf manual`: the manual pages, as packages install them.
struct ManualConfig {
  std::string output;

  template <class Field>
  static void fields(Field&& field) {
    field("output", &ManualConfig::output, "Directory for xrayclf.1 and a page for each command",
          required(), Positional{});
  }
};

/// Writes a page for the program and one for each command. Throws IoError.
void manual(const ManualConfig& config, std::ostream& out);

/// A command's page in man(7), from the fields of its configuration.
std::string manual_page(const Command& command);

/// The program's page.
std::string manual_page();

}  // namespace xrayclf
