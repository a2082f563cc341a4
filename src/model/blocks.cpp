#include "xrayclf/model/blocks.hpp"

#include <algorithm>
#include <string>

#include "xrayclf/model/folded_convolution.hpp"

namespace xrayclf {

torch::Tensor activate(const torch::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::silu:
      return torch::silu(x);
    case Activation::relu6:
      return torch::relu6(x);
    case Activation::none:
      break;
  }
  return x;
}

torch::Tensor pad_same(const torch::Tensor& x, int64_t kernel, int64_t stride) {
  const auto total = [&](int64_t size) {
    const int64_t outputs = (size + stride - 1) / stride;
    return std::max<int64_t>((outputs - 1) * stride + kernel - size, 0);
  };
  const int64_t height = total(x.size(2));
  const int64_t width = total(x.size(3));
  if (height == 0 && width == 0) return x;
  return torch::constant_pad_nd(x, {width / 2, width - width / 2, height / 2, height - height / 2});
}

torch::nn::BatchNorm2d batch_norm(int64_t channels, const NormOptions& options) {
  return torch::nn::BatchNorm2d(
      torch::nn::BatchNorm2dOptions(channels).eps(options.epsilon).momentum(options.momentum));
}

torch::nn::Conv2d kaiming_convolution(const torch::nn::Conv2dOptions& options) {
  torch::nn::Conv2d conv(options);
  torch::nn::init::kaiming_normal_(conv->weight, 0.0, torch::kFanOut);
  if (options.bias()) torch::nn::init::zeros_(conv->bias);
  return conv;
}

ConvNormActivation::ConvNormActivation(const ConvOptions& conv_options) : options(conv_options) {
  const bool pads_itself = options.padding == Padding::symmetric || options.stride == 1;
  conv = register_module(
      "0", kaiming_convolution(
               torch::nn::Conv2dOptions(options.in_channels, options.out_channels, options.kernel)
                   .stride(options.stride)
                   .padding(pads_itself ? (options.kernel - 1) / 2 : 0)
                   .groups(options.groups)
                   .bias(false)));
  norm = register_module("1", batch_norm(options.out_channels, options.norm));
}

torch::Tensor ConvNormActivation::forward(const torch::Tensor& x) {
  // At stride 1 SAME is symmetric, and the convolution pads cheaper than a copy does.
  const bool pad_here = options.padding == Padding::same && options.stride > 1;
  const torch::Tensor padded = pad_here ? pad_same(x, options.kernel, options.stride) : x;
  if (folds && torch::GradMode::is_enabled() && !norm->is_training())
    return folded_convolution(padded, conv, norm, options.activation);
  return activate(norm->forward(conv->forward(padded)), options.activation);
}

SqueezeExcitation::SqueezeExcitation(int64_t channels, int64_t squeeze_channels) {
  fc1 = register_module("fc1", kaiming_convolution({channels, squeeze_channels, 1}));
  fc2 = register_module("fc2", kaiming_convolution({squeeze_channels, channels, 1}));
}

torch::Tensor SqueezeExcitation::forward(const torch::Tensor& x) {
  const torch::Tensor squeezed = torch::adaptive_avg_pool2d(x, {1, 1});
  return x * torch::sigmoid(fc2->forward(torch::silu(fc1->forward(squeezed))));
}

torch::Tensor StochasticDepth::forward(const torch::Tensor& x) {
  if (!is_training() || rate == 0.0) return x;
  const double survival = 1.0 - rate;
  const torch::Tensor kept =
      torch::empty({x.size(0), 1, 1, 1}, x.options()).bernoulli_(survival).div_(survival);
  return x * kept;
}

MBConv::MBConv(const MBConvOptions& block_options)
    : options(block_options),
      residual(options.stride == 1 && options.in_channels == options.out_channels) {
  auto block = std::make_shared<torch::nn::Module>("block");
  int64_t parts = 0;
  const auto add = [&](const auto& part) {
    return block->register_module(std::to_string(parts++), part);
  };
  const int64_t wide = options.in_channels * options.expand_ratio;
  ConvOptions conv;
  conv.norm = options.norm;
  conv.padding = options.padding;
  conv.activation = options.activation;
  conv.in_channels = options.in_channels;
  conv.out_channels = wide;
  if (options.expand_ratio != 1) expand = add(std::make_shared<ConvNormActivation>(conv));

  conv.in_channels = wide;
  conv.groups = wide;
  conv.kernel = options.kernel;
  conv.stride = options.stride;
  depthwise = add(std::make_shared<ConvNormActivation>(conv));

  if (options.squeeze_excitation) {
    const int64_t squeezed = std::max<int64_t>(1, options.in_channels / 4);
    gate = add(std::make_shared<SqueezeExcitation>(wide, squeezed));
  }

  conv.out_channels = options.out_channels;
  conv.groups = conv.kernel = conv.stride = 1;
  conv.activation = Activation::none;
  project = add(std::make_shared<ConvNormActivation>(conv));

  register_module("block", block);
  stochastic_depth =
      register_module("stochastic_depth", std::make_shared<StochasticDepth>(options.drop_rate));
}

torch::Tensor MBConv::forward(const torch::Tensor& x) {
  torch::Tensor y = expand ? expand->forward(x) : x;
  y = depthwise->forward(y);
  if (gate) y = gate->forward(y);
  y = project->forward(y);
  return residual ? stochastic_depth->forward(y) + x : y;
}

}  // namespace xrayclf
