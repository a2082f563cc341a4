#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <torch/torch.h>

#include "xrayclf/explain/config.hpp"
#include "xrayclf/model/network.hpp"

/// Methods that end at the pixels: gradients of the score in the input, through the whole network.
namespace xrayclf {

/// d score / d input, [N, 3, H, W], each image with its own class.
torch::Tensor input_gradient(Network& network, const torch::Tensor& input,
                             const std::vector<std::int64_t>& classes, CamScore score);

/// Points in (0, 1) and weights that sum to 1.
struct Quadrature {
  std::vector<double> points;
  std::vector<double> weights;
};
/// The rule that is exact for polynomials of degree 2 * points - 1.
Quadrature gauss_legendre(std::int64_t points);

/// Integrated gradients (Sundararajan et al. 2017) from a baseline of zeros, the mean grey:
/// input * sum_i weight_i * gradient(point_i * input); [N, 3, H, W]. Its sum is the
/// score's rise over the baseline's as far as the points follow the score along the way, which no
/// number of them does in a network of random weights.
torch::Tensor integrated_gradients(Network& network, const torch::Tensor& input,
                                   const std::vector<std::int64_t>& classes, CamScore score,
                                   const Quadrature& rule);

/// SmoothGrad (Smilkov et al. 2017): the mean gradient at `samples` inputs + noise(sample);
/// [N, 3, H, W].
torch::Tensor smooth_gradients(Network& network, const torch::Tensor& input,
                               const std::vector<std::int64_t>& classes, CamScore score,
                               std::int64_t samples,
                               const std::function<torch::Tensor(std::int64_t)>& noise);

}  // namespace xrayclf
