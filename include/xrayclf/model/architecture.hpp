#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "xrayclf/core/fields.hpp"
#include "xrayclf/model/backbone.hpp"
#include "xrayclf/model/input.hpp"

namespace xrayclf {

/// Whose conventions a set of weights was trained under. Mixing them up costs accuracy without an
/// error, so the flavour travels with the weights.
enum class Flavour {
  torchvision,  ///< as torchvision builds the network; padding is symmetric
  tf,           ///< as keras.applications does (also timm's tf_efficientnet): momentum 0.01, and
                ///<   EfficientNet  padding SAME (asymmetric at stride 2), BN epsilon 1e-3
                ///<   ResNet        stride in the first 1x1, convolutions with bias, 1.001e-5
                ///<   Inception     BN without scale, means at the border leave the padding out
                ///<   DenseNet      BN epsilon 1.001e-5
                ///<   VGG           the same network
};
template <>
struct EnumNames<Flavour> {
  static constexpr std::array<std::pair<Flavour, std::string_view>, 2> value{
      {{Flavour::torchvision, "torchvision"}, {Flavour::tf, "tf"}}};
};

/// What a backbone is built from besides its table.
struct BackboneOptions {
  Flavour flavour = Flavour::torchvision;
  double stochastic_depth = 0.2;  ///< drop rate of the last residual block
};

/// A network that can be asked for by name.
struct Architecture {
  std::string name;
  int64_t input_size = 224;  ///< side in pixels that its ImageNet weights were made for
  int64_t min_size = 1;      ///< the smallest side that leaves a map at the end
  Flavour default_flavour = Flavour::torchvision;
  InputSpec input;  ///< of its usual ImageNet weights
  std::function<std::shared_ptr<Backbone>(const BackboneOptions&)> build;
};

/// All of them, family by family.
const std::vector<Architecture>& architectures();

/// Throws ConfigError with the nearest name if there is none of that name.
const Architecture& find_architecture(std::string_view name);

}  // namespace xrayclf
