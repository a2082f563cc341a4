#include "xrayclf/explain/pixel_gradients.hpp"

#include <cmath>
#include <numbers>
#include <utility>

#include "xrayclf/explain/perturbation.hpp"

namespace xrayclf {
namespace {

/// The Legendre polynomial of degree n and its derivative at x in (-1, 1).
std::pair<double, double> legendre(std::int64_t n, double x) {
  double before = 1.0;
  double value = x;
  for (std::int64_t k = 2; k <= n; ++k) {
    const auto degree = static_cast<double>(k);
    before = std::exchange(value, ((2 * degree - 1) * x * value - (degree - 1) * before) / degree);
  }
  return {value, static_cast<double>(n) * (x * value - before) / (x * x - 1)};
}

}  // namespace

torch::Tensor input_gradient(Network& network, const torch::Tensor& input,
                             const std::vector<std::int64_t>& classes, CamScore score) {
  const torch::AutoGradMode with_grad(true);
  const torch::Tensor x = input.detach().requires_grad_(true);
  const torch::Tensor total = class_scores(network.forward(x), classes, score).sum();
  return torch::autograd::grad({total}, {x}).at(0);
}

Quadrature gauss_legendre(std::int64_t points) {
  Quadrature rule;
  for (std::int64_t i = points; i >= 1; --i) {
    // Newton's method from a start that is good for every degree.
    double x = std::cos(std::numbers::pi * (static_cast<double>(i) - 0.25) /
                        (static_cast<double>(points) + 0.5));
    for (int step = 0; step < 100; ++step) {
      const auto [value, slope] = legendre(points, x);
      x -= value / slope;
      if (std::abs(value / slope) < 1e-15) break;
    }
    const double slope = legendre(points, x).second;
    rule.points.push_back((1 + x) / 2);
    rule.weights.push_back(1 / ((1 - x * x) * slope * slope));
  }
  return rule;
}

torch::Tensor integrated_gradients(Network& network, const torch::Tensor& input,
                                   const std::vector<std::int64_t>& classes, CamScore score,
                                   const Quadrature& rule) {
  torch::Tensor sum = torch::zeros_like(input);
  for (std::size_t i = 0; i < rule.points.size(); ++i) {
    const torch::Tensor g = input_gradient(network, input * rule.points[i], classes, score);
    sum.add_(g * rule.weights[i]);
  }
  return input.detach() * sum;
}

torch::Tensor smooth_gradients(Network& network, const torch::Tensor& input,
                               const std::vector<std::int64_t>& classes, CamScore score,
                               std::int64_t samples,
                               const std::function<torch::Tensor(std::int64_t)>& noise) {
  torch::Tensor sum = torch::zeros_like(input);
  for (std::int64_t k = 0; k < samples; ++k) {
    sum.add_(input_gradient(network, input + noise(k), classes, score));
  }
  return sum / static_cast<double>(samples);
}

}  // namespace xrayclf
