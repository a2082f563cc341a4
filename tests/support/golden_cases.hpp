#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "support/golden_metrics.hpp"
#include "xrayclf/metrics/probabilities.hpp"

namespace xrayclf::test {

/// One case of golden/metrics/metrics.json.
struct GoldenCase {
  explicit GoldenCase(const nlohmann::json& source)
      : expected(source),
        classes(source.at("n_classes").get<std::int64_t>()),
        names(source.at("class_names").get<std::vector<std::string>>()),
        truth(source.at("labels").get<std::vector<std::int64_t>>()),
        predicted(source.at("predictions").get<std::vector<std::int64_t>>()) {
    for (const auto& row : source.at("probabilities")) {
      for (const auto& p : row) values.push_back(p.get<double>());
    }
  }
  ProbabilityMatrix matrix() const { return {values, classes}; }
  std::vector<double> column(std::int64_t c) const {
    std::vector<double> out;
    for (std::int64_t i = 0; i < matrix().rows(); ++i) out.push_back(matrix()(i, c));
    return out;
  }

  const nlohmann::json& expected;
  std::int64_t classes;
  std::vector<std::string> names;
  std::vector<std::int64_t> truth;
  std::vector<std::int64_t> predicted;
  std::vector<double> values;
};

inline void for_each_golden_case(const std::function<void(const GoldenCase&)>& check) {
  std::size_t count = 0;
  for (const nlohmann::json& file : golden_metrics("metrics.json")) {
    for (const nlohmann::json& source : file.at("cases")) {
      SCOPED_TRACE(source.at("name").get<std::string>());
      check(GoldenCase(source));
      ++count;
    }
  }
  EXPECT_GT(count, 0u);
}

/// Calls `check(row, tolerance)` for every row of a section of golden/metrics/intervals.json.
inline void for_each_golden_row(
    const std::string& section,
    const std::function<void(const nlohmann::json&, double tolerance)>& check) {
  std::size_t count = 0;
  for (const nlohmann::json& file : golden_metrics("intervals.json")) {
    const nlohmann::json& rows = file.at(section).at("rows");
    for (std::size_t i = 0; i < rows.size(); ++i) {
      SCOPED_TRACE(section + " row " + std::to_string(i));
      check(rows[i], file.at(section).at("tolerance").get<double>());
      ++count;
    }
  }
  EXPECT_GT(count, 0u);
}

}  // namespace xrayclf::test
