#include <array>
#include <memory>
#include <string>

#include "xrayclf/model/architecture.hpp"
#include "xrayclf/model/blocks.hpp"
#include "xrayclf/model/keras_graph.hpp"

// ResNet50 (He et al. 2015), named as torchvision 0.28 names it: `conv1` and `bn1` the stem,
// `layer1` to `layer4` the stages, `fc` the linear layer. torchvision strides in the 3x3
// convolution of a block ("v1.5"); Keras strides in the first 1x1 one, and its convolutions have
// biases.
namespace xrayclf {
namespace {

constexpr int64_t kExpansion = 4;

struct Conventions {
  bool strides_first;
  bool bias;
  NormOptions norm;
};

Conventions conventions_of(Flavour flavour) {
  if (flavour == Flavour::tf) return {true, true, {1.001e-5, 0.01}};
  return {false, false, {1e-5, 0.1}};
}

/// Residual block: 1x1 to `width` channels, 3x3, 1x1 to 4 * width, and the input added.
struct Bottleneck : torch::nn::Module {
  Bottleneck(int64_t in_channels, int64_t width, int64_t stride, bool projects,
             const Conventions& by) {
    const auto conv = [&](int64_t in, int64_t out, int64_t kernel, int64_t step) {
      return kaiming_convolution(
          torch::nn::Conv2dOptions(in, out, kernel).stride(step).padding(kernel / 2).bias(by.bias));
    };
    conv1 = register_module("conv1", conv(in_channels, width, 1, by.strides_first ? stride : 1));
    bn1 = register_module("bn1", batch_norm(width, by.norm));
    conv2 = register_module("conv2", conv(width, width, 3, by.strides_first ? 1 : stride));
    bn2 = register_module("bn2", batch_norm(width, by.norm));
    conv3 = register_module("conv3", conv(width, kExpansion * width, 1, 1));
    bn3 = register_module("bn3", batch_norm(kExpansion * width, by.norm));
    if (!projects) return;
    downsample = register_module(
        "downsample", torch::nn::Sequential(conv(in_channels, kExpansion * width, 1, stride),
                                            batch_norm(kExpansion * width, by.norm)));
  }

  torch::Tensor forward(const torch::Tensor& x) {
    torch::Tensor y = torch::relu(bn1(conv1(x)));
    y = torch::relu(bn2(conv2(y)));
    y = bn3(conv3(y));
    return torch::relu(y + (downsample.is_empty() ? x : downsample->forward(x)));
  }

  torch::nn::Conv2d conv1{nullptr}, conv2{nullptr}, conv3{nullptr};
  torch::nn::BatchNorm2d bn1{nullptr}, bn2{nullptr}, bn3{nullptr};
  torch::nn::Sequential downsample{nullptr};
};

class ResNet50 : public Backbone {
 public:
  explicit ResNet50(const BackboneOptions& options) {
    classifier_dropout_ = 0.0;
    const Conventions by = conventions_of(options.flavour);
    add_stem(by);
    constexpr std::array<int64_t, 4> kBlocks{3, 4, 6, 3};
    int64_t channels = 64;
    for (size_t s = 0; s < kBlocks.size(); ++s) {
      const std::string stage = "layer" + std::to_string(s + 1);
      auto blocks = register_module(stage, std::make_shared<torch::nn::Module>(stage));
      const int64_t width = int64_t{64} << s;
      for (int64_t b = 0; b < kBlocks[s]; ++b) {
        const std::string name = stage + "." + std::to_string(b);
        const int64_t stride = b == 0 && s > 0 ? 2 : 1;
        auto block = blocks->register_module(
            std::to_string(b), std::make_shared<Bottleneck>(channels, width, stride, b == 0, by));
        units_.push_back(
            {name, [block](const torch::Tensor& x) { return block->forward(x); }, {block}});
        list_block("conv" + std::to_string(s + 2) + "_block" + std::to_string(b + 1), name, b == 0);
        channels = kExpansion * width;
      }
    }
    feature_channels_ = channels;
    keras_layers_ = graph_.layers();
  }

  std::shared_ptr<torch::nn::Module> make_classifier(int64_t num_classes, double) const override {
    return torch::nn::Linear(feature_channels_, num_classes).ptr();
  }
  std::string classifier_name() const override { return "fc"; }

 private:
  /// Convolution and normalisation are units of their own because no name covers both.
  void add_stem(const Conventions& by) {
    auto conv = register_module(
        "conv1",
        kaiming_convolution(torch::nn::Conv2dOptions(3, 64, 7).stride(2).padding(3).bias(by.bias)));
    auto norm = register_module("bn1", batch_norm(64, by.norm));
    units_.push_back(
        {"conv1", [conv](const torch::Tensor& x) { return conv->forward(x); }, {conv}});
    units_.push_back({"bn1",
                      [norm](const torch::Tensor& x) {
                        // Zeros around a map without negative values, as Keras pads, change
                        // nothing.
                        return torch::max_pool2d(torch::relu(norm->forward(x)), 3, 2, 1);
                      },
                      {norm}});
    last_ = graph_.add("input", "", {});
    last_ = graph_.add_chain({{"conv1_pad", ""},
                              {"conv1_conv", "conv1"},
                              {"conv1_bn", "bn1"},
                              {"conv1_relu", ""},
                              {"pool1_pad", ""},
                              {"pool1_pool", ""}},
                             last_);
  }

  /// The layers of block1 in resnet.py of keras.applications 2.13.
  void list_block(const std::string& name, const std::string& unit, bool projects) {
    KerasGraph::Node shortcut = last_;
    if (projects) {
      shortcut = graph_.add_chain(
          {{name + "_0_conv", unit + ".downsample.0"}, {name + "_0_bn", unit + ".downsample.1"}},
          last_);
    }
    const auto main = graph_.add_chain({{name + "_1_conv", unit + ".conv1"},
                                        {name + "_1_bn", unit + ".bn1"},
                                        {name + "_1_relu", ""},
                                        {name + "_2_conv", unit + ".conv2"},
                                        {name + "_2_bn", unit + ".bn2"},
                                        {name + "_2_relu", ""},
                                        {name + "_3_conv", unit + ".conv3"},
                                        {name + "_3_bn", unit + ".bn3"}},
                                       last_);
    const auto sum = graph_.add(name + "_add", "", {shortcut, main});
    last_ = graph_.add(name + "_out", "", {sum});
  }

  KerasGraph graph_;
  KerasGraph::Node last_ = 0;
};

}  // namespace

std::vector<Architecture> resnet_architectures() {
  Architecture entry;
  entry.name = "resnet50";
  entry.build = [](const BackboneOptions& options) { return std::make_shared<ResNet50>(options); };
  return {entry};
}

}  // namespace xrayclf
