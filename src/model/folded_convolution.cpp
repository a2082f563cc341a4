#include "xrayclf/model/folded_convolution.hpp"

#include <array>

#include <ATen/autocast_mode.h>

namespace xrayclf {
namespace {

/// Both ways alike, as all our convolutions with a norm behind them are.
struct Geometry {
  std::int64_t stride, padding, groups;
};

Geometry geometry_of(const torch::nn::Conv2d& conv) {
  const auto& padding = std::get<torch::ExpandingArray<2>>(conv->options.padding());
  return {conv->options.stride()->front(), padding->front(), conv->options.groups()};
}

torch::Tensor convolve(const torch::Tensor& x, const torch::Tensor& weight,
                       const torch::Tensor& bias, const Geometry& at) {
  return torch::conv2d(x, weight, bias, {at.stride, at.stride}, {at.padding, at.padding}, {1, 1},
                       at.groups);
}

/// min(max(convolution, 0), 6), keeping input, weights and result alone.
class ConvolutionRelu6 : public torch::autograd::Function<ConvolutionRelu6> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x,
                               const torch::Tensor& weight, const torch::Tensor& bias,
                               const Geometry& at) {
    torch::Tensor y = convolve(x, weight, bias, at).clamp_(0, 6);
    context->save_for_backward({x, weight, y});
    context->saved_data["stride"] = at.stride;
    context->saved_data["padding"] = at.padding;
    context->saved_data["groups"] = at.groups;
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const torch::Tensor at_sum = torch::hardtanh_backward(gradients[0], saved[2], 0, 6);
    const std::int64_t stride = context->saved_data["stride"].toInt();
    const std::int64_t padding = context->saved_data["padding"].toInt();
    const std::int64_t groups = context->saved_data["groups"].toInt();
    const std::array<std::int64_t, 1> bias{saved[1].size(0)};
    auto [x, weight, offset] = at::convolution_backward(
        at_sum, saved[0], saved[1], bias, {stride, stride}, {padding, padding}, {1, 1}, false,
        {0, 0}, groups,
        {context->needs_input_grad(0), context->needs_input_grad(1), context->needs_input_grad(2)});
    return {x, weight, offset, {}};
  }
};

}  // namespace

torch::Tensor folded_convolution(const torch::Tensor& x, const torch::nn::Conv2d& conv,
                                 const torch::nn::BatchNorm2d& norm, Activation activation) {
  const torch::Tensor factor = norm->weight * torch::rsqrt(norm->running_var + norm->options.eps());
  // In the layout of its input: autograd would otherwise bring it there in every backward pass.
  const torch::Tensor weight =
      (conv->weight * factor.view({-1, 1, 1, 1})).contiguous(x.suggest_memory_format());
  const torch::Tensor bias = norm->bias - norm->running_mean * factor;
  const Geometry at = geometry_of(conv);
  // Under autocast each operation's gradient has a type of its own, which autograd knows to cast.
  if (activation == Activation::relu6 && !at::autocast::is_autocast_enabled(x.device().type()))
    return ConvolutionRelu6::apply(x, weight, bias, at);
  return activate(convolve(x, weight, bias, at), activation);
}

}  // namespace xrayclf
