#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "xrayclf/training/gradient_scaler.hpp"
#include "xrayclf/training/history.hpp"

namespace xrayclf {

/// Where a run stands, apart from its tensors. With the weights, the optimiser's moments and the
/// configuration it determines everything that follows: no generator's state is needed, since all
/// randomness is f(seed, epoch, index or step).
struct TrainingState {
  std::int64_t phase = 0;            ///< from 0
  std::int64_t first_epoch = 1;      ///< of the phase
  std::int64_t epoch = 1;            ///< under way, from 1 over all phases
  std::int64_t batches = 0;          ///< of the epoch that are done
  std::int64_t optimizer_steps = 0;  ///< of the phase
  double learning_rate = 0;          ///< base rate; the plateau callback lowers it
  GradientScaler::State scaler;      ///< of float16 arithmetic
  double loss_sum = 0;               ///< over the images of the epoch so far
  bool phase_ended = false;          ///< the phase takes no further epoch
  std::int64_t best_epoch = 0;       ///< of the best checkpoint; 0 while there is none
  std::int64_t kept_epoch = 0;       ///< whose weights the phase may end with; 0 for none
  nlohmann::json callbacks;          ///< Callbacks::state(); null before a phase began
  std::vector<EpochRecord> history;

  nlohmann::ordered_json to_json() const;
  /// Throws ModelError if `json` is not one of to_json()'s.
  static TrainingState from_json(const nlohmann::json& json);
};

}  // namespace xrayclf
