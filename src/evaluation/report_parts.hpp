#pragma once

#include <nlohmann/json.hpp>

#include "xrayclf/evaluation/report.hpp"

namespace xrayclf {

/// Adds "metrics" and "per_class" by name, as report.json has them.
void add_metrics(nlohmann::ordered_json& out, const Report& report);

}  // namespace xrayclf
