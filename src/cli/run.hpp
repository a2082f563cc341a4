#pragma once

#include <iosfwd>

namespace xrayclf {

/// The whole program: parses, runs the selected subcommand, and is the one place where a failure
/// becomes a message (one line on `err`) and an exit code (see core/error.hpp).
int run_cli(int argc, const char* const* argv, std::ostream& out, std::ostream& err);

}  // namespace xrayclf
