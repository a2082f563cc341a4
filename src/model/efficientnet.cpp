#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <string>

#include "xrayclf/model/architecture.hpp"
#include "xrayclf/model/blocks.hpp"

// EfficientNet-B0 to B7 (Tan and Le, 2019) and EfficientNet-Lite0 to Lite4 (Liu, 2020), named as in
// torchvision: `features.0` the stem, `features.1` to `features.7` the stages, `features.8` the
// last convolution, `classifier.1` the linear layer.

namespace xrayclf {
namespace {

/// One stage of Table 1 of "EfficientNet" (Tan and Le, 2019), before scaling.
struct Stage {
  int64_t expand_ratio, kernel, stride, in_channels, out_channels, layers;
};
constexpr std::array<Stage, 7> kStages{{{1, 3, 1, 32, 16, 1},
                                        {6, 3, 2, 16, 24, 2},
                                        {6, 5, 2, 24, 40, 2},
                                        {6, 3, 2, 40, 80, 3},
                                        {6, 5, 1, 80, 112, 3},
                                        {6, 5, 2, 112, 192, 4},
                                        {6, 3, 1, 192, 320, 1}}};

enum class Family {
  plain,  ///< SiLU, squeeze and excitation, everything scaled
  lite,   ///< ReLU6, no gates; stem, last convolution and the depth of the end stages stay as in B0
};

/// A member of the family. The torchvision builders give B5 to B7 the epsilon and the momentum of
/// their TensorFlow weights.
struct Variant {
  const char* name;
  Family family;
  double width_mult, depth_mult;
  int64_t input_size;
  double dropout;
  NormOptions torchvision_norm;
};
constexpr NormOptions kTorchNorm{1e-5, 0.1};
constexpr NormOptions kTfNorm{1e-3, 0.01};

constexpr std::array<Variant, 13> kVariants{{
    // torchvision 0.28, models/efficientnet.py; input sizes of the paper.
    {"efficientnet_b0", Family::plain, 1.0, 1.0, 224, 0.2, kTorchNorm},
    {"efficientnet_b1", Family::plain, 1.0, 1.1, 240, 0.2, kTorchNorm},
    {"efficientnet_b2", Family::plain, 1.1, 1.2, 260, 0.3, kTorchNorm},
    {"efficientnet_b3", Family::plain, 1.2, 1.4, 300, 0.3, kTorchNorm},
    {"efficientnet_b4", Family::plain, 1.4, 1.8, 380, 0.4, kTorchNorm},
    {"efficientnet_b5", Family::plain, 1.6, 2.2, 456, 0.4, kTfNorm},
    {"efficientnet_b6", Family::plain, 1.8, 2.6, 528, 0.5, kTfNorm},
    {"efficientnet_b7", Family::plain, 2.0, 3.1, 600, 0.5, kTfNorm},
    // tensorflow/tpu, models/official/efficientnet/lite/efficientnet_lite_builder.py.
    {"efficientnet_lite0", Family::lite, 1.0, 1.0, 224, 0.2, kTorchNorm},
    {"efficientnet_lite1", Family::lite, 1.0, 1.1, 240, 0.2, kTorchNorm},
    {"efficientnet_lite2", Family::lite, 1.1, 1.2, 260, 0.3, kTorchNorm},
    {"efficientnet_lite3", Family::lite, 1.2, 1.4, 280, 0.3, kTorchNorm},
    {"efficientnet_lite4", Family::lite, 1.4, 1.8, 300, 0.3, kTorchNorm},
}};

/// The nearest multiple of 8 that is not more than 10 % below (the paper's reference code).
int64_t scaled_channels(int64_t channels, double width_mult) {
  const double scaled = static_cast<double>(channels) * width_mult;
  const int64_t rounded = std::max<int64_t>(8, static_cast<int64_t>(scaled + 4.0) / 8 * 8);
  return static_cast<double>(rounded) < 0.9 * scaled ? rounded + 8 : rounded;
}

class EfficientNet : public Backbone {
 public:
  EfficientNet(const Variant& variant, const BackboneOptions& backbone)
      : lite_(variant.family == Family::lite) {
    classifier_dropout_ = variant.dropout;
    const bool tf = backbone.flavour == Flavour::tf;
    common_.norm = tf ? kTfNorm : variant.torchvision_norm;
    common_.padding = tf ? Padding::same : Padding::symmetric;
    common_.activation = lite_ ? Activation::relu6 : Activation::silu;
    common_.squeeze_excitation = !lite_;
    features_ = register_module("features", std::make_shared<torch::nn::Module>("features"));

    const auto channels = [&](int64_t base) { return scaled_channels(base, variant.width_mult); };
    const int64_t stem =
        lite_ ? kStages.front().in_channels : channels(kStages.front().in_channels);
    add_convolution("0", 3, stem, 3, 2);
    // keras.applications 2.13: the input is scaled inside the model.
    for (const char* name : {"input", "rescaling", "normalization", "rescaling_1", "stem_conv_pad"})
      keras_layers_.push_back({name, ""});
    list_convolution("stem_conv", "stem_bn", "stem_activation", "features.0");
    int64_t width = stem;
    const int64_t blocks = total_layers(variant);
    int64_t block = 0;
    for (size_t s = 0; s < kStages.size(); ++s) {
      const int64_t out = channels(kStages[s].out_channels);
      auto stage = features_->register_module(std::to_string(s + 1),
                                              std::make_shared<torch::nn::Module>("stage"));
      for (int64_t layer = 0; layer < layers(variant, s); ++layer, ++block) {
        MBConvOptions options = common_;
        options.in_channels = width;
        options.out_channels = out;
        options.expand_ratio = kStages[s].expand_ratio;
        options.kernel = kStages[s].kernel;
        options.stride = layer == 0 ? kStages[s].stride : 1;
        options.drop_rate =
            backbone.stochastic_depth * static_cast<double>(block) / static_cast<double>(blocks);
        const std::string name = std::to_string(layer);
        add_unit(std::to_string(s + 1) + "." + name,
                 stage->register_module(name, std::make_shared<MBConv>(options)));
        list_block("block" + std::to_string(s + 1) + static_cast<char>('a' + layer) + "_",
                   units_.back().name, options);
        width = out;
      }
    }
    feature_channels_ = lite_ ? 4 * kStages.back().out_channels : 4 * width;
    add_convolution("8", width, feature_channels_, 1, 1);
    list_convolution("top_conv", "top_bn", "top_activation", "features.8");
  }

 private:
  int64_t layers(const Variant& variant, size_t stage) const {
    const bool fixed = lite_ && (stage == 0 || stage + 1 == kStages.size());
    const auto base = static_cast<double>(kStages[stage].layers);
    return static_cast<int64_t>(std::ceil(fixed ? base : base * variant.depth_mult));
  }
  int64_t total_layers(const Variant& variant) const {
    int64_t total = 0;
    for (size_t s = 0; s < kStages.size(); ++s) total += layers(variant, s);
    return total;
  }

  void add_convolution(const std::string& name, int64_t in, int64_t out, int64_t kernel,
                       int64_t stride) {
    ConvOptions options;
    options.in_channels = in;
    options.out_channels = out;
    options.kernel = kernel;
    options.stride = stride;
    options.activation = common_.activation;
    options.padding = common_.padding;
    options.norm = common_.norm;
    add_unit(name, features_->register_module(name, std::make_shared<ConvNormActivation>(options)));
  }

  void list_convolution(const std::string& conv, const std::string& norm,
                        const std::string& activation, const std::string& module) {
    keras_layers_.push_back({conv, module + ".0"});
    keras_layers_.push_back({norm, module + ".1"});
    if (!activation.empty()) keras_layers_.push_back({activation, ""});
  }

  /// A block's layers as efficientnet.py of keras.applications 2.13 adds them. Keras has no Lite
  /// family: its blocks are those without the gate.
  void list_block(const std::string& name, const std::string& unit, const MBConvOptions& options) {
    int part = 0;
    const auto module = [&] { return unit + ".block." + std::to_string(part++); };
    if (options.expand_ratio != 1) {
      list_convolution(name + "expand_conv", name + "expand_bn", name + "expand_activation",
                       module());
    }
    if (options.stride == 2) keras_layers_.push_back({name + "dwconv_pad", ""});
    list_convolution(name + "dwconv", name + "bn", name + "activation", module());
    if (options.squeeze_excitation) {
      const std::string gate = module();
      keras_layers_.push_back({name + "se_squeeze", ""});
      keras_layers_.push_back({name + "se_reshape", ""});
      keras_layers_.push_back({name + "se_reduce", gate + ".fc1"});
      keras_layers_.push_back({name + "se_expand", gate + ".fc2"});
      keras_layers_.push_back({name + "se_excite", ""});
    }
    list_convolution(name + "project_conv", name + "project_bn", "", module());
    if (options.stride == 1 && options.in_channels == options.out_channels) {
      keras_layers_.push_back({name + "drop", ""});  // there at Keras' default rate
      keras_layers_.push_back({name + "add", ""});
    }
  }

  template <class Block>
  void add_unit(const std::string& name, const std::shared_ptr<Block>& block) {
    units_.push_back({"features." + name,
                      [block](const torch::Tensor& x) { return block->forward(x); },
                      {block}});
  }

  bool lite_;
  MBConvOptions common_;
  std::shared_ptr<torch::nn::Module> features_;
};

}  // namespace

std::vector<Architecture> efficientnet_architectures() {
  std::vector<Architecture> table;
  for (const Variant& variant : kVariants) {
    Architecture entry;
    entry.name = variant.name;
    entry.input_size = variant.input_size;
    if (variant.family == Family::lite) {
      entry.default_flavour = Flavour::tf;
      // Its weights take (x - 127) / 128 of 8-bit values.
      entry.input.mean.fill(127.0 / 255.0);
      entry.input.std.fill(128.0 / 255.0);
    }
    entry.build = [&variant](const BackboneOptions& options) {
      return std::make_shared<EfficientNet>(variant, options);
    };
    table.push_back(std::move(entry));
  }
  return table;
}

}  // namespace xrayclf
