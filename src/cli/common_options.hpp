#pragma once

#include <string>
#include <utility>
#include <vector>

#include "xrayclf/core/fields.hpp"

namespace xrayclf {

/// The options that every command has beside the fields of its configuration, in the same form:
/// config, print-config, log-level, quiet, help.
const std::vector<FieldDoc>& common_options();

/// The help of one of them.
const std::string& common_help(const std::string& name);

/// Exit codes with their meanings in few words, as the help and the manual list them.
const std::vector<std::pair<std::string, std::string>>& exit_codes();

}  // namespace xrayclf
