#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "xrayclf/core/error.hpp"

/// Numbers of a callback's state in JSON. Finite doubles come back bit for bit; JSON has no NaN and
/// no infinity, so these are texts; none is null.
namespace xrayclf::state_json {

inline nlohmann::json from_number(const std::optional<double>& value) {
  if (!value) return nullptr;
  if (std::isnan(*value)) return "nan";
  if (std::isinf(*value)) return *value > 0 ? "inf" : "-inf";
  return *value;
}

inline std::optional<double> to_number(const nlohmann::json& value) {
  if (value.is_null()) return std::nullopt;
  if (value == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (value == "inf") return std::numeric_limits<double>::infinity();
  if (value == "-inf") return -std::numeric_limits<double>::infinity();
  return value.get<double>();
}

inline nlohmann::json from_integer(const std::optional<std::int64_t>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

inline std::optional<std::int64_t> to_integer(const nlohmann::json& value) {
  if (value.is_null()) return std::nullopt;
  return value.get<std::int64_t>();
}

/// Runs `parse`, turning what nlohmann_json throws into a ModelError that names the part.
template <class Parse>
void read(const std::string& part, Parse&& parse) {
  try {
    parse();
  } catch (const nlohmann::json::exception& error) {
    throw ModelError("the checkpoint's state of " + part +
                     " is damaged or of another version: " + error.what());
  }
}

}  // namespace xrayclf::state_json
