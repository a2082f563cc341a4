#include <array>
#include <memory>
#include <string>
#include <utility>

#include "xrayclf/model/architecture.hpp"
#include "xrayclf/model/blocks.hpp"
#include "xrayclf/model/keras_graph.hpp"

// DenseNet121 (Huang et al. 2016), named as torchvision 0.28 names it: `features.conv0` and
// `features.norm0` the stem, `features.denseblock1.denselayer1` and so on, `features.norm5` the
// last normalisation, `classifier` the linear layer. Keras differs in the norms' epsilon and
// momentum.
namespace xrayclf {
namespace {

constexpr int64_t kGrowth = 32;
constexpr int64_t kBottleneck = 4 * kGrowth;
constexpr std::array<int64_t, 4> kLayers{6, 12, 24, 16};

torch::nn::Conv2d convolution(int64_t in, int64_t out, int64_t kernel, int64_t stride = 1) {
  return kaiming_convolution(
      torch::nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false));
}

/// Appends 32 channels to its input, which makes the layers a chain.
struct DenseLayer : torch::nn::Module {
  DenseLayer(int64_t channels, const NormOptions& norm) {
    norm1 = register_module("norm1", batch_norm(channels, norm));
    conv1 = register_module("conv1", convolution(channels, kBottleneck, 1));
    norm2 = register_module("norm2", batch_norm(kBottleneck, norm));
    conv2 = register_module("conv2", convolution(kBottleneck, kGrowth, 3));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    const torch::Tensor y = conv1(torch::relu(norm1(x)));
    return torch::cat({x, conv2(torch::relu(norm2(y)))}, 1);
  }

  torch::nn::BatchNorm2d norm1{nullptr}, norm2{nullptr};
  torch::nn::Conv2d conv1{nullptr}, conv2{nullptr};
};

/// Halves the channels and the sides of the map.
struct Transition : torch::nn::Module {
  Transition(int64_t channels, const NormOptions& options) {
    norm = register_module("norm", batch_norm(channels, options));
    conv = register_module("conv", convolution(channels, channels / 2, 1));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    return torch::avg_pool2d(conv(torch::relu(norm->forward(x))), 2, 2);
  }

  torch::nn::BatchNorm2d norm{nullptr};
  torch::nn::Conv2d conv{nullptr};
};

class DenseNet121 : public Backbone {
 public:
  explicit DenseNet121(const BackboneOptions& options) {
    classifier_dropout_ = 0.0;
    const NormOptions norm =
        options.flavour == Flavour::tf ? NormOptions{1.001e-5, 0.01} : NormOptions{1e-5, 0.1};
    features_ = register_module("features", std::make_shared<torch::nn::Module>("features"));
    add_stem(norm);
    int64_t channels = 64;
    for (size_t b = 0; b < kLayers.size(); ++b) {
      add_block(b, channels, norm);
      channels += kLayers[b] * kGrowth;
      if (b + 1 == kLayers.size()) continue;
      add_transition(b, channels, norm);
      channels /= 2;
    }
    auto last = features_->register_module("norm5", batch_norm(channels, norm));
    units_.push_back({"features.norm5",
                      [last](const torch::Tensor& x) { return torch::relu(last->forward(x)); },
                      {last}});
    last_ = graph_.add_chain({{"bn", "features.norm5"}, {"relu", ""}}, last_);
    feature_channels_ = channels;
    keras_layers_ = graph_.layers();
  }

  std::shared_ptr<torch::nn::Module> make_classifier(int64_t num_classes, double) const override {
    torch::nn::Linear linear(feature_channels_, num_classes);
    torch::nn::init::zeros_(linear->bias);
    return linear.ptr();
  }

 private:
  template <class Block>
  void add_unit(const std::string& name, const std::shared_ptr<Block>& block) {
    units_.push_back(
        {name, [block](const torch::Tensor& x) { return block->forward(x); }, {block}});
  }

  void add_stem(const NormOptions& options) {
    auto conv = features_->register_module("conv0", convolution(3, 64, 7, 2));
    auto norm = features_->register_module("norm0", batch_norm(64, options));
    units_.push_back(
        {"features.conv0", [conv](const torch::Tensor& x) { return conv->forward(x); }, {conv}});
    units_.push_back({"features.norm0",
                      [norm](const torch::Tensor& x) {
                        return torch::max_pool2d(torch::relu(norm->forward(x)), 3, 2, 1);
                      },
                      {norm}});
    last_ = graph_.add("input", "", {});
    last_ = graph_.add_chain({{"zero_padding2d", ""},
                              {"conv1/conv", "features.conv0"},
                              {"conv1/bn", "features.norm0"},
                              {"conv1/relu", ""},
                              {"zero_padding2d_1", ""},
                              {"pool1", ""}},
                             last_);
  }

  void add_block(size_t index, int64_t channels, const NormOptions& norm) {
    const std::string block = "denseblock" + std::to_string(index + 1);
    auto layers = features_->register_module(block, std::make_shared<torch::nn::Module>(block));
    for (int64_t i = 0; i < kLayers[index]; ++i) {
      const std::string name = "denselayer" + std::to_string(i + 1);
      const std::string unit = "features." + block + "." + name;
      add_unit(unit, layers->register_module(
                         name, std::make_shared<DenseLayer>(channels + i * kGrowth, norm)));
      const std::string keras =
          "conv" + std::to_string(index + 2) + "_block" + std::to_string(i + 1);
      const auto grown = graph_.add_chain({{keras + "_0_bn", unit + ".norm1"},
                                           {keras + "_0_relu", ""},
                                           {keras + "_1_conv", unit + ".conv1"},
                                           {keras + "_1_bn", unit + ".norm2"},
                                           {keras + "_1_relu", ""},
                                           {keras + "_2_conv", unit + ".conv2"}},
                                          last_);
      last_ = graph_.add(keras + "_concat", "", {last_, grown});
    }
  }

  void add_transition(size_t index, int64_t channels, const NormOptions& norm) {
    const std::string name = "transition" + std::to_string(index + 1);
    const std::string unit = "features." + name;
    add_unit(unit, features_->register_module(name, std::make_shared<Transition>(channels, norm)));
    const std::string keras = "pool" + std::to_string(index + 2);
    last_ = graph_.add_chain({{keras + "_bn", unit + ".norm"},
                              {keras + "_relu", ""},
                              {keras + "_conv", unit + ".conv"},
                              {keras + "_pool", ""}},
                             last_);
  }

  std::shared_ptr<torch::nn::Module> features_;
  KerasGraph graph_;
  KerasGraph::Node last_ = 0;
};

}  // namespace

std::vector<Architecture> densenet_architectures() {
  Architecture entry;
  entry.name = "densenet121";
  entry.min_size = 32;
  entry.build = [](const BackboneOptions& options) {
    return std::make_shared<DenseNet121>(options);
  };
  return {entry};
}

}  // namespace xrayclf
