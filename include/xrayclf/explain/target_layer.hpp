#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "xrayclf/model/network.hpp"

namespace xrayclf {

/// Where the chain of a backbone's units is cut: the map is that of the units before `cut`.
struct TargetLayer {
  std::int64_t cut = 0;
  std::string name;  ///< of the part that ends there: "features.8"
};

/// "auto" is the last feature map, the one that is pooled. Otherwise a unit ("features.6.3") or a
/// stage, which ends with its last unit ("features.6"). Throws ConfigError for a part within a
/// unit, for the head, and for any other name, saying which there are.
TargetLayer find_target_layer(const Network& network, const std::string& name);

/// Units and stages, in order.
std::vector<std::string> target_layer_names(const Network& network);

}  // namespace xrayclf
