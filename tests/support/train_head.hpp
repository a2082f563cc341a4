#pragma once

#include <string>
#include <utility>
#include <vector>

#include "xrayclf/training/trainer.hpp"

/// Trains a network's head on examples of pooled features.
namespace xrayclf::testing {

struct HeadTraining {
  PhaseConfig phase;
  std::uint64_t seed = 1;
  SavePolicy save;
  TrainingObserver* observer = nullptr;
};

inline Trainer head_trainer(Network& network, const HeadTraining& training,
                            TrainingState state = {}) {
  const Opening opening = open_network(network, training.phase.open);
  Trainer trainer(network, opening,
                  {training.phase, training.seed, training.save, network.unit_count()},
                  std::move(state));
  if (training.observer != nullptr) trainer.add_observer(*training.observer);
  return trainer;
}

inline std::string example_name(std::int64_t i) { return "image " + std::to_string(i); }

inline std::vector<EpochRecord> train_head(Network& network, Examples& train, Examples& validation,
                                           const HeadTraining& training) {
  Trainer trainer = head_trainer(network, training);
  trainer.fit(train, validation, example_name);
  return trainer.state().history;
}

}  // namespace xrayclf::testing
