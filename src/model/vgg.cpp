#include <torch/nn/modules/activation.h>

#include <array>
#include <memory>
#include <string>

#include "xrayclf/model/architecture.hpp"
#include "xrayclf/model/blocks.hpp"
#include "xrayclf/model/keras_graph.hpp"

// VGG16 (Simonyan and Zisserman, 2014), named as torchvision 0.28 names it: `features.0` to
// `features.28` the convolutions, `classifier.0`, `.3` and `.6` the linear layers. It has no batch
// normalisation, and torchvision's and Keras' are the same network.
namespace xrayclf {
namespace {

/// Channels of the convolutions of each block; a maximum over 2x2 ends the block.
constexpr std::array<std::array<int64_t, 3>, 5> kBlocks{
    {{64, 64, 0}, {128, 128, 0}, {256, 256, 256}, {512, 512, 512}, {512, 512, 512}}};
constexpr int64_t kPooledSide = 7;
constexpr int64_t kHidden = 4096;

class Vgg16 : public Backbone {
 public:
  Vgg16() {
    classifier_dropout_ = 0.5;
    auto features = register_module("features", std::make_shared<torch::nn::Module>("features"));
    KerasGraph graph;
    KerasGraph::Node last = graph.add("input", "", {});
    int64_t channels = 3;
    int64_t index = 0;  // torchvision counts ReLU and pooling, too
    for (size_t b = 0; b < kBlocks.size(); ++b) {
      const std::string block = "block" + std::to_string(b + 1);
      const size_t layers = kBlocks[b].back() == 0 ? 2 : 3;
      for (size_t i = 0; i < layers; ++i) {
        const int64_t out = kBlocks[b][i];
        const bool ends = i + 1 == layers;
        auto conv = features->register_module(
            std::to_string(index),
            kaiming_convolution(torch::nn::Conv2dOptions(channels, out, 3).padding(1)));
        const std::string name = "features." + std::to_string(index);
        units_.push_back({name,
                          [conv, ends](const torch::Tensor& x) {
                            const torch::Tensor y = torch::relu(conv->forward(x));
                            return ends ? torch::max_pool2d(y, 2, 2) : y;
                          },
                          {conv}});
        last = graph.add(block + "_conv" + std::to_string(i + 1), name, {last});
        channels = out;
        index += ends ? 3 : 2;
      }
      last = graph.add(block + "_pool", "", {last});
    }
    feature_channels_ = channels;
    keras_layers_ = graph.layers();
  }

  torch::Tensor pool(const torch::Tensor& map) const override {
    return torch::adaptive_avg_pool2d(map, {kPooledSide, kPooledSide}).flatten(1);
  }
  int64_t classifier_inputs() const override {
    return feature_channels_ * kPooledSide * kPooledSide;
  }
  std::shared_ptr<torch::nn::Module> make_classifier(int64_t num_classes,
                                                     double dropout) const override {
    const auto linear = [](int64_t in, int64_t out) {
      torch::nn::Linear layer(in, out);
      torch::nn::init::normal_(layer->weight, 0.0, 0.01);
      torch::nn::init::zeros_(layer->bias);
      return layer;
    };
    torch::nn::Sequential classifier(linear(classifier_inputs(), kHidden), torch::nn::ReLU(),
                                     torch::nn::Dropout(dropout), linear(kHidden, kHidden),
                                     torch::nn::ReLU(), torch::nn::Dropout(dropout),
                                     linear(kHidden, num_classes));
    return classifier.ptr();
  }
};

}  // namespace

std::vector<Architecture> vgg_architectures() {
  Architecture entry;
  entry.name = "vgg16";
  entry.min_size = 32;
  entry.build = [](const BackboneOptions&) { return std::make_shared<Vgg16>(); };
  return {entry};
}

}  // namespace xrayclf
