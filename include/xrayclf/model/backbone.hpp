#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <torch/torch.h>

namespace xrayclf {

/// One link of the chain that a backbone is: a residual block, or a stem. Cutting the chain
/// between two units gives a frozen prefix and a trained rest.
struct BackboneUnit {
  std::string name;  ///< its parameters' common prefix, for example "features.7.0"
  std::function<torch::Tensor(const torch::Tensor&)> forward;
  std::vector<std::shared_ptr<torch::nn::Module>> modules;  ///< that hold its parameters
};

/// A layer as Keras lists it in `model.layers`, and the module here that holds its parameters; the
/// name is empty for a layer without any.
struct KerasLayer {
  std::string name;
  std::string module;  ///< state name, for example "features.7.0.block.0.1"
};

/// The part of a network that turns images into a feature map: a chain of units, each fed with the
/// output of the one before. A backbone keeps its parameters in child modules named as the
/// reference implementation names them, and none of its own.
class Backbone : public torch::nn::Module {
 public:
  const std::vector<BackboneUnit>& units() const { return units_; }
  /// The layers of keras.applications' model without its top, in its order; empty if not known.
  const std::vector<KerasLayer>& keras_layers() const { return keras_layers_; }
  int64_t feature_channels() const { return feature_channels_; }

  /// [N, C, h, w] -> [N, classifier_inputs], what the reference's own classifier takes: the mean
  /// over the map unless the reference does otherwise.
  virtual torch::Tensor pool(const torch::Tensor& map) const;
  virtual int64_t classifier_inputs() const { return feature_channels_; }
  /// That classifier with its initial values: a Sequential, or a Linear that the network puts the
  /// dropout before. Input [N, classifier_inputs].
  virtual std::shared_ptr<torch::nn::Module> make_classifier(int64_t num_classes,
                                                             double dropout) const;
  /// Its name in the reference's state.
  virtual std::string classifier_name() const { return "classifier"; }
  /// Dropout of the reference's classifier.
  double classifier_dropout() const { return classifier_dropout_; }

 protected:
  std::vector<BackboneUnit> units_;
  std::vector<KerasLayer> keras_layers_;
  int64_t feature_channels_ = 0;
  double classifier_dropout_ = 0.2;
};

}  // namespace xrayclf
