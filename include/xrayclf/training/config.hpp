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

enum class OptimizerKind {
  adam,   ///< weight decay, if any, is added to the gradient
  adamw,  ///< weight decay apart from the gradient (Loshchilov & Hutter 2019)
  sgd,    ///< with Nesterov momentum
};
template <>
struct EnumNames<OptimizerKind> {
  static constexpr std::array<std::pair<OptimizerKind, std::string_view>, 3> value{
      {{OptimizerKind::adam, "adam"},
       {OptimizerKind::adamw, "adamw"},
       {OptimizerKind::sgd, "sgd"}}};
};

struct OptimizerConfig {
  OptimizerKind kind = OptimizerKind::adam;
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-7;
  AdamForm form = AdamForm::keras;
  double momentum = 0.9;
  double weight_decay = 0;
  bool decay_norm_and_bias = false;
  double head_factor = 1;
  double block_factor = 1;
  double clip_norm = 0;
  std::int64_t accumulate = 1;

  template <class Field>
  static void fields(Field&& field) {
    field("kind", &OptimizerConfig::kind, "How gradients become steps");
    field("learning_rate", &OptimizerConfig::learning_rate, "Step size", above(0.0));
    field("beta1", &OptimizerConfig::beta1, "Decay of the mean of gradients",
          in_half_open(0.0, 1.0));
    field("beta2", &OptimizerConfig::beta2, "Decay of the mean of squares", in_half_open(0.0, 1.0));
    field("epsilon", &OptimizerConfig::epsilon, "Added to the denominator", above(0.0));
    field("form", &OptimizerConfig::form, "Where epsilon stands: as Keras or as PyTorch has it");
    field("momentum", &OptimizerConfig::momentum, "Nesterov momentum of sgd",
          in_half_open(0.0, 1.0));
    field("weight_decay", &OptimizerConfig::weight_decay, "Pull of the weights towards 0",
          at_least(0.0));
    field("decay_norm_and_bias", &OptimizerConfig::decay_norm_and_bias,
          "Whether weight decay also pulls biases and the scales of normalisations");
    field("head_factor", &OptimizerConfig::head_factor,
          "The head's learning rate by that of the last backbone block", above(0.0));
    field("block_factor", &OptimizerConfig::block_factor,
          "Each backbone block's learning rate by that of the block after it",
          Check<double>{"in (0, 1]", [](double x) { return x > 0 && x <= 1; }});
    field("clip_norm", &OptimizerConfig::clip_norm,
          "Longest gradient (norm over all parameters); 0 for no limit", at_least(0.0));
    field("accumulate", &OptimizerConfig::accumulate, "Batches whose gradients make one step",
          at_least(std::int64_t{1}), Unit{"batches"});
  }
};

enum class ClassWeights {
  none,
  balanced,     ///< images / (classes * images of the class)
  square_root,  ///< its square root: milder
};
template <>
struct EnumNames<ClassWeights> {
  static constexpr std::array<std::pair<ClassWeights, std::string_view>, 3> value{
      {{ClassWeights::none, "none"},
       {ClassWeights::balanced, "balanced"},
       {ClassWeights::square_root, "square_root"}}};
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
  double label_smoothing = 0;
  double focal_gamma = 0;

  template <class Field>
  static void fields(Field&& field) {
    field("class_weights", &LossConfig::class_weights,
          "Weights of the classes: all one, images / (classes * images of the class), or its root");
    field("reduction", &LossConfig::reduction,
          "Divide a batch's weighted loss by its images (keras) or by its weights (torch)");
    field("label_smoothing", &LossConfig::label_smoothing,
          "Part of the target spread evenly over all classes", in_half_open(0.0, 1.0));
    field("focal_gamma", &LossConfig::focal_gamma,
          "Exponent of the focal loss (Lin et al. 2017); 0 for plain cross-entropy", at_least(0.0));
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

struct EmaConfig {
  double decay = 0;

  template <class Field>
  static void fields(Field&& field) {
    field("decay", &EmaConfig::decay,
          "Weights used outside training are a running mean with this memory a step, shorter over "
          "the first steps; 0 for none",
          in_half_open(0.0, 1.0));
  }
};

/// In what order an epoch shows the training images.
enum class Sampler {
  shuffled,  ///< each once
  balanced,  ///< drawn with replacement, every class equally often
};
template <>
struct EnumNames<Sampler> {
  static constexpr std::array<std::pair<Sampler, std::string_view>, 2> value{
      {{Sampler::shuffled, "shuffled"}, {Sampler::balanced, "balanced"}}};
};

/// Batch normalisations of opened backbone parts. The head's are always in training mode.
enum class NormMode { inference, training };
template <>
struct EnumNames<NormMode> {
  static constexpr std::array<std::pair<NormMode, std::string_view>, 2> value{
      {{NormMode::inference, "inference"}, {NormMode::training, "training"}}};
};

/// Where stochastic depth drops residual branches in training.
enum class DropConnect {
  off,
  opened,        ///< in opened blocks
  strict_keras,  ///< in frozen blocks too, as Keras runs a frozen base; nothing can then be cached
};
template <>
struct EnumNames<DropConnect> {
  static constexpr std::array<std::pair<DropConnect, std::string_view>, 3> value{
      {{DropConnect::off, "off"},
       {DropConnect::opened, "opened"},
       {DropConnect::strict_keras, "strict_keras"}}};
};

}  // namespace xrayclf
