#pragma once

#include <cstdint>
#include <string>

#include "xrayclf/augment/config.hpp"
#include "xrayclf/callbacks/callbacks.hpp"
#include "xrayclf/callbacks/schedule.hpp"
#include "xrayclf/core/fields.hpp"
#include "xrayclf/model/precision.hpp"
#include "xrayclf/training/config.hpp"
#include "xrayclf/training/opening.hpp"

namespace xrayclf {

/// How many augmented views of a training image there are: a new one every epoch, or K that take
/// turns, whose outputs of the frozen prefix are then computed once.
struct ViewsPerImage {
  std::int64_t count = 0;  ///< 0 for fresh ones

  bool fresh() const { return count == 0; }
  static constexpr FieldKind flag_kind = FieldKind::text;
  static ViewsPerImage from_json(const nlohmann::json& in, const std::string& path, Required);
  nlohmann::json to_json() const;
};

/// One phase of training: what is open, for how long, and how it learns.
struct PhaseConfig {
  OpenConfig open;
  std::int64_t epochs = 30;
  std::int64_t batch_size = 32;
  OptimizerConfig optimizer;
  ScheduleConfig schedule;
  LossConfig loss;
  AugmentConfig augment;
  ViewsPerImage views_per_image;
  Sampler sampler = Sampler::shuffled;
  EmaConfig ema;
  NormMode norms = NormMode::inference;
  NormStatistics norm_statistics = NormStatistics::recomputed;
  DropConnect drop_connect = DropConnect::off;
  Precision training_precision = Precision::float32;
  CallbacksConfig callbacks = default_callbacks();

  template <class Field>
  static void fields(Field&& field) {
    using C = PhaseConfig;
    field("open", &C::open, "Which parts are trained");
    field("epochs", &C::epochs, "Passes over the training images, at most",
          in_range(std::int64_t{1}, std::int64_t{100000}));
    field("batch_size", &C::batch_size, "Images a step",
          in_range(std::int64_t{2}, std::int64_t{65536}), Unit{"images"});
    field("optimizer", &C::optimizer, "Optimiser");
    field("schedule", &C::schedule, "Learning rate over the phase");
    field("loss", &C::loss, "Cross-entropy and its kin");
    field("augment", &C::augment, "Random views of the training images");
    field("views_per_image", &C::views_per_image,
          "Augmented views of an image: 'fresh' for a new one every epoch, or a number of views "
          "that take turns and are cached behind the frozen part");
    field("sampler", &C::sampler, "Order of the training images");
    field("ema", &C::ema, "Running mean of the weights");
    field("norms", &C::norms, "Mode of batch normalisations in opened backbone parts");
    field("norm_statistics", &C::norm_statistics,
          "Statistics of the head's batch norms: running averages as Keras, or recomputed exactly "
          "after every epoch");
    field("drop_connect", &C::drop_connect, "Where stochastic depth is active in training");
    field("training_precision", &C::training_precision, "Arithmetic of the trained part");
    field("callbacks", &C::callbacks, "What happens at the end of an epoch");
  }

 private:
  /// The best checkpoint is chosen by AUROC, which varies less than accuracy on small sets; an
  /// early stop belongs to the study's recipe, not to every run.
  static CallbacksConfig default_callbacks() {
    CallbacksConfig config;
    config.model_checkpoint.monitor = "val_auroc";
    config.early_stopping.enabled = false;
    return config;
  }
};

}  // namespace xrayclf
