#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "xrayclf/core/fields.hpp"

namespace xrayclf {

/// Where Adam's epsilon stands. With m and v the bias-uncorrected moments at step t:
///   keras: lr * sqrt(1 - b2^t) / (1 - b1^t) * m / (sqrt(v) + eps)   (Kingma & Ba 2015, end of
///   section 2) torch: lr / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + eps)   (their Algorithm 1)
enum class AdamForm { keras, torch };
template <>
struct EnumNames<AdamForm> {
  static constexpr std::array<std::pair<AdamForm, std::string_view>, 2> value{
      {{AdamForm::keras, "keras"}, {AdamForm::torch, "torch"}}};
};

struct OptimizerConfig {
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-7;
  AdamForm form = AdamForm::keras;

  template <class Field>
  static void fields(Field&& field) {
    field("learning_rate", &OptimizerConfig::learning_rate, "Step size of Adam", above(0.0));
    field("beta1", &OptimizerConfig::beta1, "Decay of the mean of gradients",
          in_half_open(0.0, 1.0));
    field("beta2", &OptimizerConfig::beta2, "Decay of the mean of squares", in_half_open(0.0, 1.0));
    field("epsilon", &OptimizerConfig::epsilon, "Added to the denominator", above(0.0));
    field("form", &OptimizerConfig::form, "Where epsilon stands: as Keras or as PyTorch has it");
  }
};

enum class ClassWeights { none, balanced };
template <>
struct EnumNames<ClassWeights> {
  static constexpr std::array<std::pair<ClassWeights, std::string_view>, 2> value{
      {{ClassWeights::none, "none"}, {ClassWeights::balanced, "balanced"}}};
};

/// What the weighted sum of losses of a batch is divided by: Keras takes the number of images,
/// PyTorch the sum of their weights.
enum class LossReduction { keras, torch };
template <>
struct EnumNames<LossReduction> {
  static constexpr std::array<std::pair<LossReduction, std::string_view>, 2> value{
      {{LossReduction::keras, "keras"}, {LossReduction::torch, "torch"}}};
};

struct LossConfig {
  ClassWeights class_weights = ClassWeights::balanced;
  LossReduction reduction = LossReduction::keras;

  template <class Field>
  static void fields(Field&& field) {
    field("class_weights", &LossConfig::class_weights,
          "Weights of the classes: all one, or images / (classes * images of the class)");
    field("reduction", &LossConfig::reduction,
          "Divide a batch's weighted loss by its images (keras) or by its weights (torch)");
  }
};

/// Where the head's batch norms take the statistics that they use outside training.
enum class NormStatistics {
  running,  ///< exponential averages of the steps (momentum 0.01, as Keras): they need hundreds of
            ///< steps to follow, and are taken under dropout
  recomputed,  ///< exact over the training images after every epoch, without dropout
};
template <>
struct EnumNames<NormStatistics> {
  static constexpr std::array<std::pair<NormStatistics, std::string_view>, 2> value{
      {{NormStatistics::running, "running"}, {NormStatistics::recomputed, "recomputed"}}};
};

/// The figure that decides which epoch is best.
enum class Monitor { val_accuracy, val_auroc, val_loss };
template <>
struct EnumNames<Monitor> {
  static constexpr std::array<std::pair<Monitor, std::string_view>, 3> value{
      {{Monitor::val_accuracy, "val_accuracy"},
       {Monitor::val_auroc, "val_auroc"},
       {Monitor::val_loss, "val_loss"}}};
};

}  // namespace xrayclf
