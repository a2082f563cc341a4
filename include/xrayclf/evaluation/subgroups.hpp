#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "xrayclf/evaluation/report.hpp"

namespace xrayclf {

/// A column of numbers with more distinct values than this is cut at its quartiles.
inline constexpr std::size_t kMostNumbers = 8;
/// A column of texts with more distinct values than this names images, not groups.
inline constexpr std::size_t kMostTexts = 50;

/// A report for each value of each column of `predictions.metadata`, every figure with its interval
/// and every class with its count. Throws DataError for a column that is not there (with those that
/// are) or has more than kMostTexts different texts.
std::vector<SubgroupColumn> subgroups(const Predictions& predictions,
                                      const std::vector<std::string>& columns,
                                      const ReportConfig& config, std::int64_t workers = 0);

/// {column: [{"value", "samples", "patients", "metrics", "per_class"}]}
nlohmann::ordered_json subgroups_json(const std::vector<SubgroupColumn>& columns);
std::string subgroups_text(const std::vector<SubgroupColumn>& columns);

}  // namespace xrayclf
