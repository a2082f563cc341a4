#include "inference/lowering.hpp"

#include <vector>

#include <torch/nn/modules/activation.h>

#include "xrayclf/model/blocks.hpp"

namespace xrayclf {
namespace {

/// What stands in the way of a plan; never leaves this file.
struct Obstacle {
  std::string text;
};

std::vector<float> floats(const torch::Tensor& values) {
  const torch::Tensor flat = values.detach().to(torch::kCPU, torch::kFloat32).contiguous().view(-1);
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

kernels::Activation lower(Activation activation) {
  switch (activation) {
    case Activation::none:
      return kernels::Activation::none;
    case Activation::silu:
      return kernels::Activation::silu;
    case Activation::relu6:
      return kernels::Activation::relu6;
  }
  throw Obstacle{"an activation without a kernel"};
}

kernels::Padding lower(Padding padding) {
  return padding == Padding::same ? kernels::Padding::same : kernels::Padding::symmetric;
}

/// A convolution and the normalisation after it as one: weight in double, [out, in, k, k].
struct Folded {
  torch::Tensor weight, bias;
};

/// y = x * scale + shift of a normalisation in evaluation mode.
template <class Norm>
std::pair<torch::Tensor, torch::Tensor> affine(const Norm& norm) {
  const auto as_double = [](const torch::Tensor& t) {
    return t.detach().to(torch::kCPU, torch::kDouble);
  };
  const torch::Tensor scale =
      as_double(norm.weight) / (as_double(norm.running_var) + norm.options.eps()).sqrt();
  return {scale, as_double(norm.bias) - as_double(norm.running_mean) * scale};
}

Folded fold(const ConvNormActivation& layer) {
  const auto [scale, shift] = affine(*layer.norm);
  const torch::Tensor weight = layer.conv->weight.detach().to(torch::kCPU, torch::kDouble);
  return {weight * scale.view({-1, 1, 1, 1}), shift};
}

kernels::LinearPlan lower_pointwise(const ConvNormActivation& layer) {
  if (layer.options.kernel != 1 || layer.options.stride != 1 || layer.options.groups != 1) {
    throw Obstacle{"a convolution that is not 1x1"};
  }
  const Folded folded = fold(layer);
  return {layer.options.in_channels, layer.options.out_channels, floats(folded.weight),
          floats(folded.bias), lower(layer.options.activation)};
}

kernels::StemPlan lower_stem(const ConvNormActivation& layer, const InputSpec& input) {
  const ConvOptions& options = layer.options;
  if (options.in_channels != 3 || options.kernel != 3 || options.stride != 2 ||
      options.groups != 1) {
    throw Obstacle{"a first convolution that is not 3x3 at stride 2"};
  }
  const Folded folded = fold(layer);
  // Channel c of the input is (v / 255 - mean[c]) / std[c].
  const auto per_channel = [](double r, double g, double b) {
    return torch::tensor({r, g, b}, torch::kDouble).view({1, 3, 1, 1});
  };
  const torch::Tensor slope =
      per_channel(1 / (255 * input.std[0]), 1 / (255 * input.std[1]), 1 / (255 * input.std[2]));
  const torch::Tensor offset = per_channel(
      -input.mean[0] / input.std[0], -input.mean[1] / input.std[1], -input.mean[2] / input.std[2]);
  return {options.out_channels,
          floats((folded.weight * slope).sum(1)),
          floats((folded.weight * offset).sum(1)),
          floats(folded.bias),
          lower(options.activation),
          lower(options.padding)};
}

kernels::LinearPlan lower_gate(const torch::nn::Conv2d& conv, kernels::Activation activation) {
  return {conv->options.in_channels(), conv->options.out_channels(), floats(conv->weight),
          floats(conv->bias), activation};
}

kernels::BlockPlan lower_block(const MBConv& block) {
  const ConvOptions& options = block.depthwise->options;
  if (options.groups != options.out_channels || (options.kernel != 3 && options.kernel != 5) ||
      (options.stride != 1 && options.stride != 2)) {
    throw Obstacle{"a depthwise convolution that is not 3x3 or 5x5 at stride 1 or 2"};
  }
  kernels::BlockPlan plan;
  if (block.expand) plan.expand = lower_pointwise(*block.expand);
  const Folded folded = fold(*block.depthwise);
  plan.channels = options.out_channels;
  plan.kernel = options.kernel;
  plan.stride = options.stride;
  plan.padding = lower(options.padding);
  plan.weights = floats(folded.weight);
  plan.bias = floats(folded.bias);
  plan.activation = lower(options.activation);
  if (block.gate) {
    plan.squeeze = lower_gate(block.gate->fc1, kernels::Activation::silu);
    plan.excite = lower_gate(block.gate->fc2, kernels::Activation::sigmoid);
  }
  plan.project = lower_pointwise(*block.project);
  plan.residual = block.residual;
  return plan;
}

template <class Layer>
const Layer& only_module(const BackboneUnit& unit) {
  const auto* layer =
      unit.modules.size() == 1 ? dynamic_cast<const Layer*>(unit.modules.front().get()) : nullptr;
  if (layer == nullptr) throw Obstacle{unit.name + ", a block without a kernel"};
  return *layer;
}

/// Dense layers with the normalisations before them folded in; dropout does nothing here.
std::vector<kernels::LinearPlan> lower_head(torch::nn::Module& head) {
  std::vector<kernels::LinearPlan> plan;
  torch::Tensor scale, shift;  // of a normalisation that waits for its dense layer
  const auto add = [&](const torch::nn::LinearImpl& layer) {
    torch::Tensor weight = layer.weight.detach().to(torch::kCPU, torch::kDouble);
    torch::Tensor bias = layer.options.bias()
                             ? layer.bias.detach().to(torch::kCPU, torch::kDouble)
                             : torch::zeros({layer.options.out_features()}, torch::kDouble);
    if (scale.defined()) {
      bias = bias + weight.matmul(shift);
      weight = weight * scale;
      scale = shift = torch::Tensor();
    }
    plan.push_back({layer.options.in_features(), layer.options.out_features(), floats(weight),
                    floats(bias), kernels::Activation::none});
  };
  const auto lower_layer = [&](torch::nn::Module& layer) {
    if (const auto* linear = layer.as<torch::nn::LinearImpl>()) {
      add(*linear);
    } else if (const auto* norm = layer.as<torch::nn::BatchNorm1dImpl>();
               norm && !scale.defined()) {
      std::tie(scale, shift) = affine(*norm);
    } else if (layer.as<torch::nn::ReLUImpl>() != nullptr && !plan.empty() && !scale.defined()) {
      plan.back().activation = kernels::Activation::relu;
    } else if (layer.as<torch::nn::DropoutImpl>() == nullptr) {
      throw Obstacle{"a layer of the head without a kernel"};
    }
  };
  if (auto* layers = head.as<torch::nn::SequentialImpl>()) {
    for (const auto& layer : *layers) lower_layer(*layer.ptr());
  } else {
    lower_layer(head);
  }
  if (plan.empty() || scale.defined()) throw Obstacle{"a head that does not end in a dense layer"};
  return plan;
}

void require_mean_pooling(Network& network) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor map = torch::arange(2.0 * 6).view({1, 2, 2, 3});
  const torch::Tensor pooled = network.pool(map);
  if (pooled.sizes() != torch::IntArrayRef({1, 2}) || !pooled.allclose(map.mean({2, 3}))) {
    throw Obstacle{"a pooling that is not the mean"};
  }
}

}  // namespace

std::optional<kernels::NetworkPlan> lower(Network& network, const InputSpec& input,
                                          std::string& obstacle) {
  const torch::NoGradGuard no_grad;
  try {
    const std::int64_t units = network.unit_count();
    if (units < 3) throw Obstacle{"too few blocks"};
    kernels::NetworkPlan plan;
    plan.stem = lower_stem(only_module<ConvNormActivation>(network.unit(0)), input);
    for (std::int64_t i = 1; i + 1 < units; ++i) {
      plan.blocks.push_back(lower_block(only_module<MBConv>(network.unit(i))));
    }
    plan.top = lower_pointwise(only_module<ConvNormActivation>(network.unit(units - 1)));
    require_mean_pooling(network);
    plan.head = lower_head(network.head());
    return plan;
  } catch (const Obstacle& found) {
    obstacle = found.text;
    return std::nullopt;
  }
}

}  // namespace xrayclf
