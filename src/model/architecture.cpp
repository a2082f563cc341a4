#include "xrayclf/model/architecture.hpp"

#include <utility>

#include "xrayclf/core/text.hpp"

namespace xrayclf {

// The families are those that this module's CMakeLists.txt lists.
#define XRAYCLF_FAMILY(name) std::vector<Architecture> name##_architectures();
#include "families.inc"
#undef XRAYCLF_FAMILY

const std::vector<Architecture>& architectures() {
  static const std::vector<Architecture> table = [] {
    std::vector<Architecture> all;
#define XRAYCLF_FAMILY(name) \
  for (Architecture & entry : name##_architectures()) all.push_back(std::move(entry));
#include "families.inc"
#undef XRAYCLF_FAMILY
    return all;
  }();
  return table;
}

const Architecture& find_architecture(std::string_view name) {
  std::vector<std::string> known;
  for (const Architecture& entry : architectures()) {
    if (entry.name == name) return entry;
    known.push_back(entry.name);
  }
  throw ConfigError("no architecture '" + printable(name) + "'" + did_you_mean(name, known) +
                    "; known: " + join(known));
}

}  // namespace xrayclf
