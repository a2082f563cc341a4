#include "xrayclf/model/folded_convolution.hpp"

#include <gtest/gtest.h>

#include "xrayclf/model/precision.hpp"

namespace xrayclf {
namespace {

struct Layer {
  std::shared_ptr<ConvNormActivation> module;
  torch::Tensor input;
};

/// In float64 with statistics and a scale that matter; the values stand on both sides of 0 and 6.
Layer make_layer(Activation activation, std::int64_t groups, std::int64_t stride) {
  torch::manual_seed(3);
  ConvOptions options;
  options.in_channels = 4;
  options.out_channels = 8;
  options.kernel = 3;
  options.groups = groups;
  options.stride = stride;
  options.activation = activation;
  Layer layer{std::make_shared<ConvNormActivation>(options), {}};
  layer.module->to(torch::kDouble);
  layer.module->eval();
  const torch::NoGradGuard no_grad;
  auto& norm = layer.module->norm;
  norm->weight.uniform_(-2, 2);
  norm->bias.uniform_(1, 3);
  norm->running_mean.uniform_(-1, 1);
  norm->running_var.uniform_(0.1, 2);
  layer.input = torch::randn({3, 4, 9, 7}, torch::kDouble) * 3;
  layer.input.set_requires_grad(true);
  return layer;
}

/// The result, then the gradients of a sum with unequal weights by input and parameters.
std::vector<torch::Tensor> result_and_gradients(const torch::Tensor& y, const Layer& layer) {
  const torch::Tensor weights = torch::linspace(-1, 2, y.numel(), torch::kDouble).view_as(y);
  std::vector<torch::Tensor> of = layer.module->parameters();
  of.push_back(layer.input);
  std::vector<torch::Tensor> all = torch::autograd::grad({(y * weights).sum()}, of);
  all.push_back(y.detach());
  return all;
}

class FoldedConvolutionTest
    : public ::testing::TestWithParam<std::tuple<Activation, std::int64_t, std::int64_t>> {};

TEST_P(FoldedConvolutionTest, HasTheModulesResultsAndGradients) {
  const auto [activation, groups, stride] = GetParam();
  const Layer layer = make_layer(activation, groups, stride);
  const auto& module = *layer.module;
  const auto plain = result_and_gradients(
      activate(module.norm.ptr()->forward(module.conv.ptr()->forward(layer.input)), activation),
      layer);
  const auto folded = result_and_gradients(
      folded_convolution(layer.input, module.conv, module.norm, activation), layer);
  ASSERT_EQ(plain.size(), folded.size());
  for (std::size_t i = 0; i < plain.size(); ++i) {
    EXPECT_LT((plain[i] - folded[i]).abs().max().item<double>(), 1e-11) << i;
    EXPECT_GT(plain[i].abs().max().item<double>(), 0.1) << i;
  }
  // Both bounds of ReLU6 are met, or the test says nothing of them.
  if (activation == Activation::relu6) {
    EXPECT_EQ(folded.back().min().item<double>(), 0);
    EXPECT_EQ(folded.back().max().item<double>(), 6);
  }
}

INSTANTIATE_TEST_SUITE_P(All, FoldedConvolutionTest,
                         ::testing::Combine(::testing::Values(Activation::none, Activation::silu,
                                                              Activation::relu6),
                                            ::testing::Values(1, 4), ::testing::Values(1, 2)));

TEST(FoldedConvolution, IsWhatALayerComputesThatFolds) {
  const Layer layer = make_layer(Activation::relu6, 1, 1);
  const torch::Tensor explained = layer.module->forward(layer.input);
  EXPECT_NE(explained.grad_fn()->name().find("Hardtanh"), std::string::npos);
  layer.module->folds = true;
  const torch::Tensor trained = layer.module->forward(layer.input);
  EXPECT_EQ(trained.grad_fn()->name().find("Hardtanh"), std::string::npos);
  EXPECT_LT((trained - explained).abs().max().item<double>(), 1e-12);
}

TEST(FoldedConvolution, WorksUnderAutocast) {
  const Layer layer = make_layer(Activation::relu6, 1, 1);
  layer.module->to(torch::kFloat32);
  layer.module->folds = true;
  const torch::Tensor x = layer.input.detach().to(torch::kFloat32).set_requires_grad(true);
  torch::Tensor y;
  {
    const PrecisionScope precision(Precision::bfloat16, torch::kCPU);
    y = layer.module->forward(x);
  }
  EXPECT_EQ(y.scalar_type(), torch::kBFloat16);
  y.to(torch::kFloat32).sum().backward();
  EXPECT_EQ(x.grad().scalar_type(), torch::kFloat32);
  EXPECT_EQ(layer.module->conv->weight.grad().scalar_type(), torch::kFloat32);
}

}  // namespace
}  // namespace xrayclf
