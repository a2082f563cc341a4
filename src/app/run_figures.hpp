#pragma once

#include "app/training_run.hpp"

namespace xrayclf {

/// The figures of a run that has ended; see write_training_figures(). Throws IoError.
void write_run_figures(const TrainConfig& config, const PreparedSet& set,
                       const TrainingResult& result);

}  // namespace xrayclf
