#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "xrayclf/model/architecture.hpp"
#include "xrayclf/model/blocks.hpp"
#include "xrayclf/model/keras_graph.hpp"

// InceptionV3 (Szegedy et al. 2015) without its auxiliary classifier, named as torchvision 0.28
// names it: `Conv2d_1a_3x3` to `Conv2d_4a_3x3` the stem, `Mixed_5b` to `Mixed_7c` the blocks, `fc`
// the linear layer. In Keras the norms have no scale, and a mean at the border leaves the padding
// out.
namespace xrayclf {
namespace {

constexpr NormOptions kTorchNorm{1e-3, 0.1};
constexpr NormOptions kKerasNorm{1e-3, 0.01};

/// Batch normalisation without a scale, as Keras' `scale=False`: the bias is its only parameter.
struct UnscaledNorm2d : torch::nn::BatchNorm2dImpl {
  UnscaledNorm2d(int64_t channels, const NormOptions& norm)
      : BatchNorm2dImpl(torch::nn::BatchNorm2dOptions(channels)
                            .eps(norm.epsilon)
                            .momentum(norm.momentum)
                            .affine(false)) {
    bias = torch::zeros({channels}, torch::requires_grad());
    parameters_["bias"] = bias;
  }
};

/// A convolution as the tables below give it.
struct Step {
  const char* name;
  int64_t channels;
  int64_t height, width;  ///< of the kernel
  int64_t stride = 1;
  bool padded = true;  ///< with half the kernel; else not at all
};

enum class Pool { none, mean, maximum };

/// What a block does to its input: a pooling, convolutions, and two convolutions side by side.
struct Branch {
  Pool pool = Pool::none;
  std::vector<Step> steps = {};
  std::vector<Step> fork = {};
};
using Branches = std::vector<Branch>;

/// 35 x 35
Branches block_a(int64_t pooled) {
  return {{.steps = {{"branch1x1", 64, 1, 1}}},
          {.steps = {{"branch5x5_1", 48, 1, 1}, {"branch5x5_2", 64, 5, 5}}},
          {.steps = {{"branch3x3dbl_1", 64, 1, 1},
                     {"branch3x3dbl_2", 96, 3, 3},
                     {"branch3x3dbl_3", 96, 3, 3}}},
          {.pool = Pool::mean, .steps = {{"branch_pool", pooled, 1, 1}}}};
}
/// 35 x 35 -> 17 x 17
Branches block_b() {
  return {{.steps = {{"branch3x3", 384, 3, 3, 2, false}}},
          {.steps = {{"branch3x3dbl_1", 64, 1, 1},
                     {"branch3x3dbl_2", 96, 3, 3},
                     {"branch3x3dbl_3", 96, 3, 3, 2, false}}},
          {.pool = Pool::maximum}};
}
/// 17 x 17
Branches block_c(int64_t inner) {
  return {{.steps = {{"branch1x1", 192, 1, 1}}},
          {.steps = {{"branch7x7_1", inner, 1, 1},
                     {"branch7x7_2", inner, 1, 7},
                     {"branch7x7_3", 192, 7, 1}}},
          {.steps = {{"branch7x7dbl_1", inner, 1, 1},
                     {"branch7x7dbl_2", inner, 7, 1},
                     {"branch7x7dbl_3", inner, 1, 7},
                     {"branch7x7dbl_4", inner, 7, 1},
                     {"branch7x7dbl_5", 192, 1, 7}}},
          {.pool = Pool::mean, .steps = {{"branch_pool", 192, 1, 1}}}};
}
/// 17 x 17 -> 8 x 8
Branches block_d() {
  return {{.steps = {{"branch3x3_1", 192, 1, 1}, {"branch3x3_2", 320, 3, 3, 2, false}}},
          {.steps = {{"branch7x7x3_1", 192, 1, 1},
                     {"branch7x7x3_2", 192, 1, 7},
                     {"branch7x7x3_3", 192, 7, 1},
                     {"branch7x7x3_4", 192, 3, 3, 2, false}}},
          {.pool = Pool::maximum}};
}
/// 8 x 8
Branches block_e() {
  return {{.steps = {{"branch1x1", 320, 1, 1}}},
          {.steps = {{"branch3x3_1", 384, 1, 1}},
           .fork = {{"branch3x3_2a", 384, 1, 3}, {"branch3x3_2b", 384, 3, 1}}},
          {.steps = {{"branch3x3dbl_1", 448, 1, 1}, {"branch3x3dbl_2", 384, 3, 3}},
           .fork = {{"branch3x3dbl_3a", 384, 1, 3}, {"branch3x3dbl_3b", 384, 3, 1}}},
          {.pool = Pool::mean, .steps = {{"branch_pool", 192, 1, 1}}}};
}

/// Convolution without bias, normalisation, ReLU.
struct BasicConv : torch::nn::Module {
  BasicConv(int64_t in_channels, const Step& step, Flavour flavour) {
    conv = register_module(
        "conv", kaiming_convolution(
                    torch::nn::Conv2dOptions(in_channels, step.channels, {step.height, step.width})
                        .stride(step.stride)
                        .padding(torch::ExpandingArray<2>(
                            {step.padded ? step.height / 2 : 0, step.padded ? step.width / 2 : 0}))
                        .bias(false)));
    if (flavour == Flavour::tf) {
      norm = std::shared_ptr<torch::nn::BatchNorm2dImpl>(
          std::make_shared<UnscaledNorm2d>(step.channels, kKerasNorm));
    } else {
      norm = batch_norm(step.channels, kTorchNorm);
    }
    register_module("bn", norm);
  }
  torch::Tensor forward(const torch::Tensor& x) { return torch::relu(norm(conv(x))); }

  torch::nn::Conv2d conv{nullptr};
  torch::nn::BatchNorm2d norm{nullptr};
};

struct Mixed : torch::nn::Module {
  Mixed(int64_t in_channels, Branches branches, Flavour by)
      : plan(std::move(branches)), flavour(by) {
    for (const Branch& branch : plan) {
      int64_t channels = in_channels;
      for (const Step& step : branch.steps) {
        add(channels, step);
        channels = step.channels;
      }
      for (const Step& step : branch.fork) {
        add(channels, step);
        out_channels += step.channels;
      }
      if (branch.fork.empty()) out_channels += channels;
    }
  }

  torch::Tensor forward(const torch::Tensor& x) {
    std::vector<torch::Tensor> outputs;
    size_t next = 0;
    for (const Branch& branch : plan) {
      torch::Tensor y = pool(x, branch.pool);
      for (size_t i = 0; i < branch.steps.size(); ++i) y = convolutions[next++]->forward(y);
      if (branch.fork.empty()) outputs.push_back(y);
      for (size_t i = 0; i < branch.fork.size(); ++i) {
        outputs.push_back(convolutions[next++]->forward(y));
      }
    }
    return torch::cat(outputs, 1);
  }

  torch::Tensor pool(const torch::Tensor& x, Pool kind) const {
    const bool count_padding = flavour == Flavour::torchvision;
    if (kind == Pool::mean) return torch::avg_pool2d(x, 3, 1, 1, false, count_padding);
    return kind == Pool::maximum ? torch::max_pool2d(x, 3, 2) : x;
  }

  void add(int64_t in_channels, const Step& step) {
    convolutions.push_back(
        register_module(step.name, std::make_shared<BasicConv>(in_channels, step, flavour)));
  }

  Branches plan;
  Flavour flavour;
  int64_t out_channels = 0;
  std::vector<std::shared_ptr<BasicConv>> convolutions;  ///< in the order of the plan
};

/// Keras' names of layers that were not given one: conv2d, conv2d_1, ...
std::string numbered(const std::string& name, int number) {
  return number == 0 ? name : name + "_" + std::to_string(number);
}

class InceptionV3 : public Backbone {
 public:
  explicit InceptionV3(const BackboneOptions& options) : flavour_(options.flavour) {
    classifier_dropout_ = 0.5;
    last_ = graph_.add("input", "", {});
    add_stem({"Conv2d_1a_3x3", 32, 3, 3, 2, false});
    add_stem({"Conv2d_2a_3x3", 32, 3, 3, 1, false});
    add_stem({"Conv2d_2b_3x3", 64, 3, 3}, Pool::maximum);
    add_stem({"Conv2d_3b_1x1", 80, 1, 1, 1, false});
    add_stem({"Conv2d_4a_3x3", 192, 3, 3, 1, false}, Pool::maximum);
    add_block("Mixed_5b", block_a(32));
    add_block("Mixed_5c", block_a(64));
    add_block("Mixed_5d", block_a(64));
    add_block("Mixed_6a", block_b());
    add_block("Mixed_6b", block_c(128));
    add_block("Mixed_6c", block_c(160));
    add_block("Mixed_6d", block_c(160));
    add_block("Mixed_6e", block_c(192));
    add_block("Mixed_7a", block_d());
    add_block("Mixed_7b", block_e());
    add_block("Mixed_7c", block_e());
    feature_channels_ = channels_;
    keras_layers_ = graph_.layers();
  }

  std::shared_ptr<torch::nn::Module> make_classifier(int64_t num_classes, double) const override {
    return torch::nn::Linear(feature_channels_, num_classes).ptr();
  }
  std::string classifier_name() const override { return "fc"; }

 private:
  void add_stem(const Step& step, Pool after = Pool::none) {
    auto conv = register_module(step.name, std::make_shared<BasicConv>(channels_, step, flavour_));
    units_.push_back({step.name,
                      [conv, after](const torch::Tensor& x) {
                        const torch::Tensor y = conv->forward(x);
                        return after == Pool::maximum ? torch::max_pool2d(y, 3, 2) : y;
                      },
                      {conv}});
    channels_ = step.channels;
    last_ = list(step.name, last_);
    if (after == Pool::maximum) last_ = list_pool(after, last_);
  }

  void add_block(const std::string& name, const Branches& branches) {
    auto block = register_module(name, std::make_shared<Mixed>(channels_, branches, flavour_));
    units_.push_back(
        {name, [block](const torch::Tensor& x) { return block->forward(x); }, {block}});
    channels_ = block->out_channels;
    std::vector<KerasGraph::Node> outputs;
    for (const Branch& branch : branches) {
      KerasGraph::Node node = list_pool(branch.pool, last_);
      for (const Step& step : branch.steps) node = list(name + "." + step.name, node);
      std::vector<KerasGraph::Node> fork;
      for (const Step& step : branch.fork) fork.push_back(list(name + "." + step.name, node));
      if (!fork.empty()) node = graph_.add(name_fork(), "", fork);
      outputs.push_back(node);
    }
    last_ = graph_.add("mixed" + std::to_string(blocks_++), "", outputs);
  }

  /// The three layers of conv2d_bn in inception_v3.py of keras.applications 2.13.
  KerasGraph::Node list(const std::string& module, KerasGraph::Node input) {
    const int number = convolutions_++;
    return graph_.add_chain({{numbered("conv2d", number), module + ".conv"},
                             {numbered("batch_normalization", number), module + ".bn"},
                             {numbered("activation", number), ""}},
                            input);
  }

  KerasGraph::Node list_pool(Pool kind, KerasGraph::Node input) {
    if (kind == Pool::none) return input;
    const bool mean = kind == Pool::mean;
    return graph_.add(
        mean ? numbered("average_pooling2d", means_++) : numbered("max_pooling2d", maxima_++), "",
        {input});
  }

  /// Only the first of a block's two concatenations has a name in Keras.
  std::string name_fork() {
    const int block = forks_ / 2;
    return forks_++ % 2 == 0 ? "mixed9_" + std::to_string(block) : numbered("concatenate", block);
  }

  Flavour flavour_;
  int64_t channels_ = 3;
  KerasGraph graph_;
  KerasGraph::Node last_ = 0;
  int convolutions_ = 0, means_ = 0, maxima_ = 0, blocks_ = 0, forks_ = 0;
};

}  // namespace

std::vector<Architecture> inception_architectures() {
  Architecture entry;
  entry.name = "inception_v3";
  entry.input_size = 299;
  entry.min_size = 75;
  entry.input.mean.fill(0.5);
  entry.input.std.fill(0.5);
  entry.build = [](const BackboneOptions& options) {
    return std::make_shared<InceptionV3>(options);
  };
  return {entry};
}

}  // namespace xrayclf
