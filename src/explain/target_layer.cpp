#include "xrayclf/explain/target_layer.hpp"

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

/// Whether `name` is `part` or lies in it.
bool lies_in(const std::string& name, const std::string& part) {
  return name == part || name.starts_with(part + ".");
}

[[noreturn]] void refuse(const Network& network, const std::string& name) {
  const std::vector<std::string> names = target_layer_names(network);
  std::string hint = did_you_mean(name, names);
  if (lies_in(name, network.head_name())) {
    hint = " (it belongs to the head, which has no map)";
  }
  for (std::int64_t i = 0; i < network.unit_count() && hint.empty(); ++i) {
    const std::string& unit = network.unit_name(i);
    if (lies_in(name, unit)) hint = " (it lies within " + unit + ", whose output has a map)";
  }
  throw ConfigError("no layer '" + printable(name) + "' to take a map from" + hint +
                    "; there are auto, " + join(names));
}

}  // namespace

std::vector<std::string> target_layer_names(const Network& network) {
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < network.unit_count(); ++i) {
    const std::string& unit = network.unit_name(i);
    const auto dot = unit.rfind('.');
    const std::string stage = dot == std::string::npos ? "" : unit.substr(0, dot);
    const bool whole_chain = stage.find('.') == std::string::npos && stage == "features";
    if (!stage.empty() && !whole_chain && (names.empty() || !lies_in(names.back(), stage))) {
      names.push_back(stage);
    }
    names.push_back(unit);
  }
  return names;
}

TargetLayer find_target_layer(const Network& network, const std::string& name) {
  const std::int64_t count = network.unit_count();
  if (name == "auto") return {count, network.unit_name(count - 1)};
  for (std::int64_t i = count; i > 0; --i) {
    if (!name.empty() && lies_in(network.unit_name(i - 1), name)) return {i, name};
  }
  refuse(network, name);
}

}  // namespace xrayclf
