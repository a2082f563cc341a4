#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "xrayclf/core/fields.hpp"
#include "xrayclf/core/random.hpp"

namespace xrayclf::transforms {

/// The interval that a parameter is drawn from, uniformly; in JSON a list [low, high]. Equal ends
/// fix the parameter.
struct Range {
  double low = 0;
  double high = 0;

  double draw(Random& random) const { return random.uniform(low, high); }
  static Range from_json(const nlohmann::json& in, const std::string& path, Required mode);
  nlohmann::json to_json() const { return {low, high}; }
};

/// Whole numbers, both ends included; in JSON a list [low, high].
struct CountRange {
  std::int64_t low = 0;
  std::int64_t high = 0;

  std::int64_t draw(Random& random) const {
    return low +
           static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(high - low) + 1));
  }
  static CountRange from_json(const nlohmann::json& in, const std::string& path, Required mode);
  nlohmann::json to_json() const { return {low, high}; }
};

/// Demands that both ends lie in [low, high].
Check<Range> ends_in(double low, double high);
Check<CountRange> ends_in(std::int64_t low, std::int64_t high);

}  // namespace xrayclf::transforms
