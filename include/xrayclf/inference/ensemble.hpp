#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <torch/torch.h>
#include <opencv2/core.hpp>

#include "xrayclf/core/fields.hpp"
#include "xrayclf/inference/classifier.hpp"

namespace xrayclf {

/// What is averaged: probabilities, or logits (each over its checkpoint's temperature).
enum class Averaging { probabilities, logits };
template <>
struct EnumNames<Averaging> {
  static constexpr std::array<std::pair<Averaging, std::string_view>, 2> value{
      {{Averaging::probabilities, "probabilities"}, {Averaging::logits, "logits"}}};
};

/// A view of the prepared image in test-time augmentation.
enum class TestView { identity, horizontal_flip };
template <>
struct EnumNames<TestView> {
  static constexpr std::array<std::pair<TestView, std::string_view>, 2> value{
      {{TestView::identity, "identity"}, {TestView::horizontal_flip, "horizontal_flip"}}};
};

std::vector<cv::Mat> views_of(const std::vector<cv::Mat>& prepared, TestView view);

/// Several checkpoints and views as one classifier.
struct EnsembleConfig {
  Averaging average = Averaging::probabilities;
  std::vector<double> weights;  ///< by checkpoint, brought to sum 1; empty for equal ones
  std::vector<TestView> tta = {TestView::identity};

  template <class Field>
  static void fields(Field&& field) {
    field("average", &EnsembleConfig::average,
          "What is averaged over checkpoints and views: probabilities or logits");
    field("weights", &EnsembleConfig::weights,
          "Weights of the checkpoints in their order; empty for equal ones");
    field("tta", &EnsembleConfig::tta, "Views of an image that are averaged");
  }
};

/// Weights that sum to 1. Throws ConfigError unless there are none or one a checkpoint, each at
/// least 0, not all 0.
std::vector<double> normalised_weights(const std::vector<double>& weights, std::size_t checkpoints);

/// Outputs for a batch of N images by M checkpoints in K classes, on the CPU.
struct EnsembleOutputs {
  torch::Tensor probabilities;  ///< [N, K] float64, averaged
  torch::Tensor voices;         ///< [N, M * views, K] float64, each at its own temperature
  torch::Tensor features;       ///< [N, C] float32: first checkpoint, first view
  torch::Tensor logits;         ///< [N, K] float64, of `features`, at temperature 1
};

class Ensemble {
 public:
  /// Loads each as Classifier::load(). Throws ModelError with the difference where the classes are
  /// others than the first's, ConfigError for weights that do not fit.
  static Ensemble load(const std::vector<std::string>& checkpoints, torch::Device device,
                       Precision precision, EngineKind engine, const EnsembleConfig& config);

  std::vector<Classifier>& members() { return members_; }
  const std::vector<Classifier>& members() const { return members_; }
  const std::vector<std::string>& classes() const { return members_.front().classes(); }
  const EnsembleConfig& config() const { return config_; }
  /// One checkpoint, its image as it is: what a checkpoint's stored thresholds speak of.
  bool plain() const;
  /// Throws ModelError with the difference unless one prepared image serves all checkpoints.
  void require_one_preparation() const;
  /// By checkpoint, summing to 1.
  const std::vector<double>& weights() const { return weights_; }
  void set_weights(const std::vector<double>& weights);
  /// By voice, in the order of EnsembleOutputs::voices.
  std::vector<double> voice_weights() const;

  /// A grey image as each checkpoint wants it; equal settings share the pixels.
  std::vector<cv::Mat> prepare(const DecodedImage& image) const;
  /// `prepared[m]` are the images for checkpoint m.
  EnsembleOutputs outputs(const std::vector<std::vector<cv::Mat>>& prepared);
  /// The average of voices [N, M * views, K] by the weights: [N, K].
  torch::Tensor average(const torch::Tensor& voices) const;

 private:
  Ensemble(std::vector<Classifier> members, const EnsembleConfig& config);

  std::vector<Classifier> members_;
  EnsembleConfig config_;
  std::vector<double> weights_;
};

/// Weights on the simplex that minimise the mean negative log likelihood of the average on held-out
/// voices [N, M * views, K]; by projected gradient descent, from equal ones. `truth` as many as N.
std::vector<double> fit_weights(const Ensemble& ensemble, const torch::Tensor& voices,
                                const std::vector<std::int64_t>& truth);

/// Passes [passes, K] (float64, temperature 1) of the head with its dropout switched on over one
/// image's features [C] (Gal & Ghahramani 2016). Masks are a function of (seed, index, pass). Empty
/// where the head has no dropout above 0.
torch::Tensor dropout_passes(Network& network, const torch::Tensor& features, std::int64_t passes,
                             std::uint64_t seed, std::uint64_t index);

}  // namespace xrayclf
