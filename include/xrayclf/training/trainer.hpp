#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "xrayclf/model/network.hpp"
#include "xrayclf/training/adam.hpp"
#include "xrayclf/training/config.hpp"
#include "xrayclf/training/examples.hpp"
#include "xrayclf/training/history.hpp"

namespace xrayclf {

/// What training means, apart from files and devices.
struct TrainerConfig {
  std::int64_t epochs = 30;
  std::int64_t batch_size = 32;
  std::int64_t seed = 1;
  OptimizerConfig optimizer;
  LossConfig loss;
  Monitor monitor = Monitor::val_auroc;
  NormStatistics norm_statistics = NormStatistics::recomputed;
};

/// Told of a run's progress; what becomes of it (files, bars, stopping) is the observer's business.
class TrainingObserver {
 public:
  virtual ~TrainingObserver() = default;
  virtual void on_step(std::int64_t epoch, std::int64_t images, double loss) {
    (void)epoch, (void)images, (void)loss;
  }
  /// After validation. `best` tells whether the monitored figure beats all earlier epochs.
  virtual void on_epoch(const EpochRecord& record, bool best) { (void)record, (void)best; }
};

/// Trains what stands behind a frozen prefix of a network: the units from `cut` on, and the head.
/// The examples' inputs are outputs of unit cut - 1, or pooled features where cut = unit_count().
class Trainer {
 public:
  Trainer(Network& network, std::int64_t cut, TrainerConfig config);

  void add_observer(TrainingObserver& observer) { observers_.push_back(&observer); }

  /// Runs all epochs and returns their records. A run is a function of the configuration, the
  /// examples and the weights at the start: dropout is seeded by (seed, epoch, step). Throws
  /// NumericError before the step that a non-finite loss would have taken, and Interrupted after
  /// the step during which a signal came. `describe` names an example for the message of a
  /// non-finite loss.
  std::vector<EpochRecord> fit(Examples& train, Examples& validation,
                               const std::function<std::string(std::int64_t)>& describe);

 private:
  EpochMetrics train_epoch(Examples& train, std::int64_t epoch,
                           const std::function<std::string(std::int64_t)>& describe);
  /// Exact statistics of the head's batch norms over the training images (Wu & Johnson 2021,
  /// "Rethinking Batch in BatchNorm", section 3), in place of their running averages.
  void recompute_norm_statistics(Examples& train, std::int64_t epoch);
  EpochMetrics validate(Examples& validation);

  Network& network_;
  std::int64_t cut_;
  TrainerConfig config_;
  Adam optimizer_;
  torch::Tensor class_weights_;
  std::vector<TrainingObserver*> observers_;
};

/// Logits of the network behind its prefix.
torch::Tensor forward_from(Network& network, torch::Tensor inputs, std::int64_t cut);

/// Freezes the units before `cut`: they get no gradients. The whole network is left in evaluation
/// mode; only what stands behind the cut is ever put into training mode.
void freeze_prefix(Network& network, std::int64_t cut);

}  // namespace xrayclf
