#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include <nlohmann/json.hpp>

#include "xrayclf/callbacks/monitor.hpp"

namespace xrayclf {

/// Figures of one pass. Undefined ones (AUROC with a class absent) are NaN.
struct EpochMetrics {
  double loss = 0;
  double accuracy = 0;
  double auroc = 0;  ///< one against the rest, mean over classes
};

/// One row of a run's history.
struct EpochRecord {
  std::int64_t epoch = 0;  ///< from 1, over all phases
  std::int64_t phase = 1;  ///< from 1
  EpochMetrics train;      ///< while training: with dropout, before each step
  EpochMetrics validation;
  double learning_rate = 0;
  double seconds = 0;
  double images_per_second = 0;
};

/// The record's figures by name, as the callbacks know them.
EpochFigures figures(const EpochRecord& record);

/// Figures that are not finite become null.
nlohmann::ordered_json to_json(const EpochMetrics& metrics);
nlohmann::ordered_json to_json(const EpochRecord& record);
/// The inverse; null becomes NaN. Throws nlohmann::json::exception.
EpochRecord epoch_record_from_json(const nlohmann::json& json);

/// Writes history.csv and history.json into `directory`, whole.
void write_history(const std::filesystem::path& directory, const std::vector<EpochRecord>& history);

}  // namespace xrayclf
