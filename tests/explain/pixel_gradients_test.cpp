#include "xrayclf/explain/pixel_gradients.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "support/tiny_network.hpp"
#include "xrayclf/explain/perturbation.hpp"
#include "xrayclf/model/input.hpp"

namespace xrayclf {
namespace {

/// In float64, with smooth activations throughout (SiLU, and a head that is one Linear).
std::shared_ptr<Network> smooth_network() {
  torch::manual_seed(1);
  NetworkConfig config = testing::tiny_config(3, HeadKind::linear);
  config.architecture = "efficientnet_b0";
  auto out = make_network(config);
  testing::calibrate(*out);
  out->eval();
  out->to(torch::kDouble);
  return out;
}

/// The score along the way from grey to a whole image turns up and down some twenty times by ten
/// and more in a network of random weights, and its slope changes every 1e-5 of the way: 64 points
/// cannot follow it, and their sum was once 17 times off. Over a thousandth of the way they can.
TEST(PixelGradientsTest, IntegratedGradientsSumToTheRiseOfTheScore) {
  const auto net = smooth_network();
  const torch::Tensor input =
      1e-3 * to_input(std::vector<cv::Mat>{testing::tiny_image(0)}, {}).to(torch::kDouble);
  for (const CamScore score : {CamScore::logit, CamScore::probability}) {
    const auto value = [&](const torch::Tensor& x) {
      const torch::NoGradGuard no_grad;
      const torch::Tensor logits = net->forward(x);
      return (score == CamScore::logit ? logits : logits.softmax(1))[0][1].item<double>();
    };
    const double rise = value(input) - value(torch::zeros_like(input));
    const torch::Tensor parts = integrated_gradients(*net, input, {1}, score, gauss_legendre(16));
    EXPECT_NEAR(parts.sum().item<double>(), rise, 1e-6 * parts.abs().sum().item<double>());
    EXPECT_GT(std::abs(rise), 1e-4 * parts.abs().sum().item<double>()) << "says nothing";
  }
}

TEST(PixelGradientsTest, TheGradientIsTheSlopeOfTheScore) {
  const auto net = smooth_network();
  const torch::Tensor input =
      to_input(std::vector<cv::Mat>{testing::tiny_image(1)}, {}).to(torch::kDouble);
  const torch::NoGradGuard no_grad;
  const auto along = [&](double t) {
    return class_scores(net->forward(input * t), {2}, CamScore::logit).item<double>();
  };
  const double slope =
      (input_gradient(*net, input * 0.4, {2}, CamScore::logit) * input).sum().item<double>();
  EXPECT_NEAR(slope, (along(0.4 + 1e-7) - along(0.4 - 1e-7)) / 2e-7, 1e-4 * std::abs(slope));
}

}  // namespace
}  // namespace xrayclf
