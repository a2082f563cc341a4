#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "xrayclf/core/json_file.hpp"

namespace xrayclf::test {

/// The golden file in tests/data, and the one of the same name and schema in the folder
/// XRAYCLF_GOLDEN_METRICS, if that is set: vectors of another seed.
inline std::vector<nlohmann::json> golden_metrics(const std::string& name) {
  std::vector<nlohmann::json> out;
  out.push_back(
      read_json_file(std::filesystem::path(XRAYCLF_TEST_DATA) / "golden" / "metrics" / name));
  if (const char* folder = std::getenv("XRAYCLF_GOLDEN_METRICS")) {
    out.push_back(read_json_file(std::filesystem::path(folder) / name));
  }
  return out;
}

/// A golden number: null is NaN, "inf" and "-inf" are infinities.
inline double golden_number(const nlohmann::json& value) {
  if (value.is_null()) return std::numeric_limits<double>::quiet_NaN();
  if (value == "inf") return std::numeric_limits<double>::infinity();
  if (value == "-inf") return -std::numeric_limits<double>::infinity();
  return value.get<double>();
}

inline void expect_number(double actual, const nlohmann::json& expected, double tolerance) {
  const double number = golden_number(expected);
  if (std::isnan(number)) {
    EXPECT_TRUE(std::isnan(actual)) << "expected NaN, got " << actual;
  } else if (std::isinf(number)) {
    EXPECT_EQ(actual, number);
  } else {
    EXPECT_NEAR(actual, number, tolerance);
  }
}

inline void expect_numbers(const std::vector<double>& actual, const nlohmann::json& expected,
                           double tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    SCOPED_TRACE("element " + std::to_string(i));
    expect_number(actual[i], expected[i], tolerance);
  }
}

}  // namespace xrayclf::test
