#pragma once

#include <torch/torch.h>

#include "xrayclf/model/blocks.hpp"

namespace xrayclf {

/// activation(norm(conv(x))) for training with the norm in inference mode, where the norm is an
/// affine map a channel: its factor goes into the convolution's weights and its offset into a bias,
/// so that no pass over the map is left of it, forward or backward. Gradients reach the weights,
/// the norm's scale and offset, and x. ReLU6 is applied in place, and its gradient is taken from
/// its result, so one map is kept a layer instead of three.
///
/// `x` is (n, in_channels, h, w), already padded where the convolution does not pad; the result
/// (n, out_channels, h', w'). Equal to the three modules in turn but for the order of rounding.
/// Precondition: the convolution has no bias, the norm is not in training mode.
torch::Tensor folded_convolution(const torch::Tensor& x, const torch::nn::Conv2d& conv,
                                 const torch::nn::BatchNorm2d& norm, Activation activation);

}  // namespace xrayclf
