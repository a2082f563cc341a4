#pragma once

#include <map>
#include <string>

namespace xrayclf {

/// File names fit for any file system, one for each key of `names` (key: what the file is made
/// from, unique; value: the name it would like). Letters, digits, '.', '_', '-', '+' and valid
/// UTF-8 stay, anything else becomes '_'; no name begins with '.' or '-' or is longer than about
/// 130 bytes. Where that changed a name, or two are equal but for case, a hash of the key is added,
/// so that the result depends on the set of keys but not on any order.
std::map<std::string, std::string> distinct_names(const std::map<std::string, std::string>& names);

}  // namespace xrayclf
