#include "xrayclf/model/architecture.hpp"

#include <iterator>

#include "xrayclf/core/text.hpp"
#include "xrayclf/model/efficientnet.hpp"

namespace xrayclf {

const std::vector<Architecture>& architectures() {
  static const std::vector<Architecture> table = [] {
    std::vector<Architecture> all;
    for (auto family : {efficientnet_architectures}) {
      for (Architecture& entry : family()) all.push_back(std::move(entry));
    }
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
