#pragma once

#include <filesystem>

#include "xrayclf/app/train.hpp"
#include "xrayclf/data/prepared_set.hpp"
#include "xrayclf/training/history.hpp"

namespace xrayclf {

struct TrainingResult {
  std::filesystem::path run;
  EpochRecord best;
};

/// A new run in config.output, or the one there from its last saved state. Throws as RunDirectory,
/// Trainer and load_checkpoint().
TrainingResult start_run(const TrainConfig& config, const PreparedSet& set);
TrainingResult resume_run(const TrainConfig& config, const PreparedSet& set);

}  // namespace xrayclf
