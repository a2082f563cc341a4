#pragma once

#include <string>

namespace xrayclf {

/// The page: one HTML document with its own style and script in it, compiled into the program.
const std::string& page();
/// Its Content-Security-Policy: this style and this script by their hashes, nothing else.
const std::string& page_policy();

}  // namespace xrayclf
