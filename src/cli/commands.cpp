#include "cli/command.hpp"

namespace xrayclf {

const std::vector<Command>& commands() {
  static const std::vector<Command> table{};
  return table;
}

}  // namespace xrayclf
