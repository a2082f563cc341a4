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

inline HeadTraining epochs(std::int64_t count, std::uint64_t seed = 1) {
  HeadTraining training;
  training.phase.epochs = count;
  training.seed = seed;
  return training;
}

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

/// The head alone is trained, on made-up features, so the smallest backbone will do.
inline std::shared_ptr<Network> network_of(std::uint64_t seed) {
  torch::manual_seed(seed);
  NetworkConfig config;
  config.architecture = "efficientnet_lite0";
  config.flavour = Flavour::tf;
  return make_network(config);
}

/// Features in which the class shows.
inline CachedExamples separable(const Network& network, std::int64_t count, std::uint64_t seed) {
  torch::manual_seed(seed);
  torch::Tensor rows = torch::randn({count, network.feature_channels()});
  std::vector<std::int64_t> targets;
  for (std::int64_t i = 0; i < count; ++i) {
    targets.push_back(i % 3);
    rows[i].narrow(0, 10 * (i % 3), 10) += 4;
  }
  return {rows, targets};
}

}  // namespace xrayclf::testing
