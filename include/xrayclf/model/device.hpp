#pragma once

#include <nlohmann/json.hpp>

namespace xrayclf {

/// {"built_for": ["cpu", "cuda"], "sees": ["cpu", "cuda:0 NVIDIA H100"]}
nlohmann::ordered_json device_report();

}  // namespace xrayclf
