#pragma once

#include <nlohmann/json.hpp>

namespace xrayclf {

/// The API as an OpenAPI 3.0 document: every route that there is.
const nlohmann::ordered_json& openapi();

}  // namespace xrayclf
