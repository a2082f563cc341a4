#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "xrayclf/app/train.hpp"
#include "xrayclf/data/prepared_set.hpp"
#include "xrayclf/training/history.hpp"

namespace xrayclf {

/// Indices into the set's records of the images that train, validate or test a run: those of the
/// split of that name, or by folds where config.test_fold is set. Throws DataError if there is
/// none.
std::vector<std::size_t> rows_of(const PreparedSet& set, const TrainConfig& config,
                                 std::string_view split);

struct TrainingResult {
  std::filesystem::path run;
  EpochRecord best;
};

/// A new run in config.output, or the one there from its last saved state. Throws as RunDirectory,
/// Trainer and load_checkpoint().
TrainingResult start_run(const TrainConfig& config, const PreparedSet& set);
TrainingResult resume_run(const TrainConfig& config, const PreparedSet& set);

}  // namespace xrayclf
