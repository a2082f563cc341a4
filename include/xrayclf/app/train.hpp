#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "xrayclf/app/uncertainty_config.hpp"
#include "xrayclf/core/fields.hpp"
#include "xrayclf/inference/engine.hpp"
#include "xrayclf/model/network.hpp"
#include "xrayclf/model/precision.hpp"
#include "xrayclf/training/phase.hpp"

namespace xrayclf {

/// The network to train.
struct ModelConfig {
  std::string architecture = "efficientnet_b4";
  std::string weights = "auto";
  HeadKind head = HeadKind::study;

  template <class Field>
  static void fields(Field&& field) {
    field("architecture", &ModelConfig::architecture, "Backbone, for example efficientnet_lite0");
    field("weights", &ModelConfig::weights,
          "A .safetensors file made by scripts/convert_weights.py, 'none' for random weights, or "
          "'auto' for "
          "what scripts/get_weights.sh installed and random ones where it did not",
          Unit{"path"});
    field("head", &ModelConfig::head, "What follows the backbone");
  }
};

/// The frozen prefix's outputs, computed once.
struct CacheConfig {
  Precision precision = Precision::float32;
  double memory_gib = 4;

  template <class Field>
  static void fields(Field&& field) {
    field("precision", &CacheConfig::precision,
          "In what numbers outputs of the frozen part are kept");
    field("memory_gib", &CacheConfig::memory_gib,
          "Larger caches lie in a file of the run directory that vanishes with the process",
          at_least(0.0), Unit{"GiB"});
  }
};

struct SaveConfig {
  std::int64_t every_steps = 0;
  double every_minutes = 10;
  std::int64_t keep = 2;

  template <class Field>
  static void fields(Field&& field) {
    field("every_steps", &SaveConfig::every_steps,
          "Save within an epoch after so many optimiser steps; 0 for never",
          at_least(std::int64_t{0}), Unit{"steps"});
    field("every_minutes", &SaveConfig::every_minutes,
          "Save within an epoch when the last save is so long ago; 0 for never", at_least(0.0),
          Unit{"minutes"});
    field("keep", &SaveConfig::keep, "States kept beside the best",
          in_range(std::int64_t{1}, std::int64_t{1000}));
  }
};

/// What a phase changes of the settings beside `phases`: a part of a PhaseConfig in JSON.
struct PhasePatch {
  nlohmann::json patch = nlohmann::json::object();
  static PhasePatch from_json(const nlohmann::json& in, const std::string& path, Required mode);
  nlohmann::json to_json() const { return patch; }
};

/// `xrayclf train`: by default the head on a frozen backbone.
struct TrainConfig : PhaseConfig, UncertaintyConfig {
  std::string data;
  std::string output;
  std::string resume;
  bool allow_changed_data = false;
  std::string checkpoint;
  ModelConfig model;
  std::vector<PhasePatch> phases;
  bool folds = false;
  std::int64_t test_fold = 0;
  std::int64_t validation_fold = 0;
  double validation_share = 0;
  CacheConfig cache;
  SaveConfig save;
  bool calibrate = false;
  bool tensorboard = true;
  bool figures = true;
  std::int64_t seed = 1;
  std::string device = "auto";
  Precision precision = Precision::float32;
  EngineKind engine = EngineKind::automatic;

  template <class Field>
  static void fields(Field&& field) {
    using C = TrainConfig;
    field("data", &C::data, "Directory made by xrayclf preprocess", Unit{"path"});
    field("output", &C::output, "Run directory to create; must not exist or be empty",
          Unit{"path"});
    field("resume", &C::resume,
          "Run to go on with, by its own configuration; instead of every other setting but data, "
          "which may have moved",
          Unit{"path"});
    field("allow_changed_data", &C::allow_changed_data,
          "With resume: go on although the data set is no longer the one that the run began with");
    field("checkpoint", &C::checkpoint,
          "Run (its best checkpoint) or checkpoint directory to start from, instead of model",
          Unit{"path"});
    field("model", &C::model, "Network");
    PhaseConfig::fields(field);
    field(
        "phases", &C::phases,
        "Phases one after the other: a list of objects, each with what it changes of the settings "
        "beside it");
    field(
        "folds", &C::folds,
        "Cross-validation over the data set's folds: one run a fold, tested on it, and the results "
        "of all together");
    field("test_fold", &C::test_fold,
          "One run by the data set's folds instead of its splits: the fold left out; 0 for splits",
          at_least(std::int64_t{0}));
    field("validation_fold", &C::validation_fold,
          "The fold that validates such a run; 0 for the one after test_fold",
          at_least(std::int64_t{0}));
    field(
        "validation_share", &C::validation_share,
        "With folds or test_fold: instead of a whole fold, this share of the patients outside the "
        "tested fold validates, so that the others all train; 0 for a whole fold",
        in_range(0.0, 0.5));
    field("cache", &C::cache, "Outputs of the frozen part");
    field("save", &C::save, "When a run is saved within an epoch, and how much is kept");
    field(
        "calibrate", &C::calibrate,
        "Whether the best checkpoint gets what the validation images say of its certainty: a "
        "temperature, by which eval and predict then soften or sharpen its probabilities, and the "
        "thresholds of predict --uncertainty and --abstain");
    UncertaintyConfig::fields(field);
    field("tensorboard", &C::tensorboard, "Whether event files for TensorBoard are written");
    field("figures", &C::figures,
          "Draw the history and examples of the augmentation into figures/ at the end");
    field("seed", &C::seed, "Seed of initial weights, order, views and dropout",
          at_least(std::int64_t{0}));
    field("device", &C::device, "auto, cpu, cuda or cuda:N");
    field("precision", &C::precision, "Arithmetic of the frozen backbone");
    field(
        "engine", &C::engine,
        "What computes the frozen backbone: reference (LibTorch), fused (own CPU kernels), or auto "
        "for fused where it can");
  }
};

/// `xrayclf finetune`: the same from a trained checkpoint, by default as the reference study does.
struct FinetuneConfig : TrainConfig {
  FinetuneConfig() {
    open.part = OpenPart::last_keras_layers;
    epochs = 20;
    optimizer.learning_rate = 1e-4;
  }
};

/// Prints one JSON object: run, best_epoch, validation; with folds run, folds and the pooled
/// accuracy.
void train(const TrainConfig& config, std::ostream& out);
/// Throws ConfigError without a checkpoint or a run to resume.
void finetune(const FinetuneConfig& config, std::ostream& out);

}  // namespace xrayclf
