#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <torch/torch.h>

#include "xrayclf/core/fields.hpp"
#include "xrayclf/model/architecture.hpp"
#include "xrayclf/model/backbone.hpp"

namespace xrayclf {

enum class HeadKind {
  study,   ///< BN, Dropout .5, 512 ReLU, BN, Dropout .3, 256 ReLU, BN, Dropout .2, classes
  linear,  ///< the reference's own classifier: dropout and one linear layer, VGG16's three
};
template <>
struct EnumNames<HeadKind> {
  static constexpr std::array<std::pair<HeadKind, std::string_view>, 2> value{
      {{HeadKind::study, "study"}, {HeadKind::linear, "linear"}}};
};

/// All that is needed to build a network; saved beside its weights.
struct NetworkConfig {
  std::string architecture = "efficientnet_b4";
  Flavour flavour = Flavour::torchvision;
  HeadKind head = HeadKind::study;
  int64_t num_classes = 3;
  std::vector<double> dropout = {};
  double stochastic_depth = 0.2;

  bool operator==(const NetworkConfig&) const = default;

  template <class Field>
  static void fields(Field&& field) {
    field("architecture", &NetworkConfig::architecture, "Backbone");
    field("flavour", &NetworkConfig::flavour, "Conventions that the weights were trained under");
    field("head", &NetworkConfig::head, "What follows the backbone");
    field("num_classes", &NetworkConfig::num_classes, "Number of classes", at_least(int64_t{1}));
    field("dropout", &NetworkConfig::dropout,
          "Dropout rates of the head in order; empty for the head's own");
    field("stochastic_depth", &NetworkConfig::stochastic_depth,
          "Drop rate of the last residual block in training", in_half_open(0.0, 1.0));
  }
};

/// A backbone, global pooling and a head. State names are the reference's (`features.0.0.weight`),
/// the head's are `head.0...` (study) or the reference's classifier (`classifier.1...`).
class Network : public torch::nn::Module {
 public:
  /// Throws ConfigError as make_network().
  explicit Network(const NetworkConfig& config);

  /// The backbone as a chain of units: "features.0", "features.1.0", "features.1.1", ...
  int64_t unit_count() const { return static_cast<int64_t>(backbone_->units().size()); }
  const BackboneUnit& unit(int64_t index) const {
    return backbone_->units().at(static_cast<size_t>(index));
  }
  const std::string& unit_name(int64_t index) const { return unit(index).name; }

  /// Runs units first ... last-1. Images are [N, 3, H, W].
  torch::Tensor forward_units(torch::Tensor x, int64_t first, int64_t last);
  /// Feature map [N, C, h, w] -> features [N, feature_channels]: the mean over the map for the
  /// study head, what the reference's classifier takes for that one.
  torch::Tensor pool(const torch::Tensor& map) const;
  /// Features [N, C] -> logits [N, classes].
  torch::Tensor classify(torch::Tensor features);
  /// Images [N, 3, H, W] -> logits [N, classes].
  torch::Tensor forward(torch::Tensor x);

  /// Of what pool() returns and classify() takes.
  int64_t feature_channels() const;
  const NetworkConfig& config() const { return config_; }
  Backbone& backbone() { return *backbone_; }
  torch::nn::Module& head() { return *head_; }
  /// "head" or "classifier": the prefix of the head's state names.
  const std::string& head_name() const { return head_name_; }

 private:
  NetworkConfig config_;
  std::shared_ptr<Backbone> backbone_;
  std::string head_name_;
  std::shared_ptr<torch::nn::Module> head_;
  double linear_dropout_ = 0.0;  ///< before a head that is one Linear
};

/// A float32 network on the CPU in training mode with random weights: backbone as torchvision,
/// study head as Keras (Glorot uniform), drawn from torch's default generator. Throws ConfigError
/// if the architecture is unknown or the head takes another number of dropout rates.
std::shared_ptr<Network> make_network(const NetworkConfig& config);

}  // namespace xrayclf
