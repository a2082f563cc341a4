#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "xrayclf/core/fields.hpp"
#include "xrayclf/model/network.hpp"
#include "xrayclf/model/precision.hpp"
#include "xrayclf/training/config.hpp"

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
          "what scripts/get_weights.sh installed and random ones where it did not");
    field("head", &ModelConfig::head, "What follows the backbone");
  }
};

/// `xrayclf train`: trains the head on a frozen backbone.
struct TrainConfig {
  std::string data;
  std::string output;
  ModelConfig model;
  std::int64_t epochs = 30;
  std::int64_t batch_size = 32;
  OptimizerConfig optimizer;
  LossConfig loss;
  Monitor monitor = Monitor::val_auroc;
  NormStatistics norm_statistics = NormStatistics::recomputed;
  std::int64_t seed = 1;
  std::string device = "auto";
  Precision precision = Precision::float32;

  template <class Field>
  static void fields(Field&& field) {
    field("data", &TrainConfig::data, "Directory made by xrayclf preprocess", required());
    field("output", &TrainConfig::output, "Run directory to create; must not exist or be empty",
          required());
    field("model", &TrainConfig::model, "Network");
    field("epochs", &TrainConfig::epochs, "Passes over the training images",
          in_range(std::int64_t{1}, std::int64_t{100000}));
    field("batch_size", &TrainConfig::batch_size, "Images a step",
          in_range(std::int64_t{2}, std::int64_t{65536}), Unit{"images"});
    field("optimizer", &TrainConfig::optimizer, "Adam");
    field("loss", &TrainConfig::loss, "Cross-entropy");
    field("monitor", &TrainConfig::monitor, "Figure that decides which epoch is best");
    field("norm_statistics", &TrainConfig::norm_statistics,
          "Statistics of the head's batch norms: running averages as Keras, or recomputed exactly "
          "after every epoch");
    field("seed", &TrainConfig::seed, "Seed of initial weights, order and dropout",
          at_least(std::int64_t{0}));
    field("device", &TrainConfig::device, "auto, cpu, cuda or cuda:N");
    field("precision", &TrainConfig::precision, "Arithmetic of the frozen backbone");
  }
};

/// Prints one JSON object: run, best_epoch, validation.
void train(const TrainConfig& config, std::ostream& out);

}  // namespace xrayclf
