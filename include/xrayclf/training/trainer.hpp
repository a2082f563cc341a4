#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "xrayclf/callbacks/callbacks.hpp"
#include "xrayclf/model/network.hpp"
#include "xrayclf/training/ema.hpp"
#include "xrayclf/training/examples.hpp"
#include "xrayclf/training/opening.hpp"
#include "xrayclf/training/optimizer.hpp"
#include "xrayclf/training/phase.hpp"
#include "xrayclf/training/training_state.hpp"

namespace xrayclf {

class Trainer;

/// Told of a run's progress; what becomes of it (files, bars) is the observer's business.
class TrainingObserver {
 public:
  virtual ~TrainingObserver() = default;
  virtual void on_step(std::int64_t epoch, std::int64_t images, double loss) {
    (void)epoch, (void)images, (void)loss;
  }
  /// After validation. `best` tells whether the epoch becomes the best checkpoint.
  virtual void on_epoch(const EpochRecord& record, bool best) { (void)record, (void)best; }
  /// The run should be saved now: after an epoch, or at a batch within one. The network holds the
  /// weights that a user would take (their running mean where there is one).
  virtual void on_save(const Trainer& trainer) { (void)trainer; }
};

/// When a run is saved within an epoch; it always is after one.
struct SavePolicy {
  std::int64_t every_steps = 0;  ///< optimiser steps; 0 for never
  double every_minutes = 0;      ///< 0 for never
};

/// What a phase starts from and with.
struct TrainerOptions {
  PhaseConfig phase;
  std::uint64_t seed = 1;
  SavePolicy save;
  /// The examples' inputs are outputs of the units before it; pooled features for unit_count().
  std::int64_t inputs_from = 0;
};

/// Trains what open_network() opened. A run is a function of configuration, examples and weights at
/// the start: order, views and dropout are drawn by (seed, epoch, step or index).
class Trainer {
 public:
  /// Begins a phase at the state's epoch, or continues it if the state is from within.
  Trainer(Network& network, Opening opening, TrainerOptions options, TrainingState state);

  void add_observer(TrainingObserver& observer) { observers_.push_back(&observer); }

  /// Runs to the end of the phase, then gives the network the weights that the phase ends with.
  /// Throws NumericError before the step that a non-finite loss would have taken, and Interrupted,
  /// having saved, after the step or the batch of validation during which a signal came. `describe`
  /// names an example for the message of a non-finite loss.
  void fit(Examples& train, Examples& validation,
           const std::function<std::string(std::int64_t)>& describe);
  /// The last thing that fit() does, for a state whose phase has ended: gives the network the
  /// weights that the phase ends with.
  void finish();

  const TrainingState& state() const { return state_; }
  std::int64_t epochs() const { return options_.phase.epochs; }
  /// What must be saved beside state() and the network: the optimiser's moments, the raw weights
  /// where the network holds their mean, and the logits of the epoch so far.
  std::map<std::string, torch::Tensor> tensors() const;
  /// Puts tensors() back, the network holding what it held then. Throws ModelError.
  void set_tensors(const std::map<std::string, torch::Tensor>& tensors);
  /// The weights of the state's kept epoch, by state name.
  void set_kept(std::map<std::string, torch::Tensor> kept) { kept_ = std::move(kept); }

 private:
  EpochMetrics train_epoch(Examples& train,
                           const std::function<std::string(std::int64_t)>& describe);
  bool scales() const { return options_.phase.training_precision == Precision::float16; }
  /// Takes the step from the gradients, unless float16 arithmetic let one overflow.
  void step();
  void save_within_epoch();
  void save();
  /// Saves and throws Interrupted if a signal came; the network holds the mean weights.
  void stop_if_interrupted();
  void end_epoch(Examples& train, Examples& validation, const EpochMetrics& trained,
                 double seconds);
  torch::Tensor forward(torch::Tensor inputs);
  /// Exact statistics of the head's batch norms over the training images (Wu & Johnson 2021,
  /// "Rethinking Batch in BatchNorm", section 3), in place of their running averages.
  void recompute_norm_statistics(Examples& train);
  EpochMetrics validate(Examples& validation);
  /// Of the phase's optimiser step `step`, from 0.
  double rate_of_step(std::int64_t step) const;
  void swap_mean() {
    if (ema_) ema_->swap();
  }

  Network& network_;
  Opening opening_;
  TrainerOptions options_;
  TrainingState state_;
  Callbacks callbacks_;
  Optimizer optimizer_;
  std::optional<Ema> ema_;
  std::int64_t steps_per_epoch_ = 0;
  torch::Tensor class_weights_;
  torch::Device device_;
  std::vector<torch::Tensor> logits_;  ///< of the epoch so far
  std::vector<std::int64_t> targets_;
  std::map<std::string, torch::Tensor> kept_;
  std::chrono::steady_clock::time_point last_save_ = std::chrono::steady_clock::now();
  std::vector<TrainingObserver*> observers_;
};

/// Logits of the network from the outputs of the units before `cut` (pooled features for
/// unit_count()).
torch::Tensor forward_from(Network& network, torch::Tensor inputs, std::int64_t cut);

}  // namespace xrayclf
