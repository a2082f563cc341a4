#pragma once

#include <memory>

#include <torch/torch.h>

namespace xrayclf {

enum class Activation { none, silu, relu6 };
enum class Padding { symmetric, same };

torch::Tensor activate(const torch::Tensor& x, Activation activation);

/// Zeros on the right and below first, so that a convolution without padding gives ceil(size /
/// stride) outputs as TensorFlow's SAME: total = max((ceil(n/s) - 1) * s + k - n, 0), half of it
/// (rounded down) in front.
torch::Tensor pad_same(const torch::Tensor& x, int64_t kernel, int64_t stride);

/// Epsilon and momentum of a batch normalisation; momentum is the weight of the new batch.
struct NormOptions {
  double epsilon = 1e-5;
  double momentum = 0.1;
};
torch::nn::BatchNorm2d batch_norm(int64_t channels, const NormOptions& options);

/// A convolution whose weights are drawn as torchvision does: normal with fan_out (Kaiming), from
/// torch's default generator. Its bias, if the options ask for one, is 0.
torch::nn::Conv2d kaiming_convolution(const torch::nn::Conv2dOptions& options);

struct ConvOptions {
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  int64_t kernel = 1;
  int64_t stride = 1;
  int64_t groups = 1;
  Activation activation = Activation::none;
  Padding padding = Padding::symmetric;
  NormOptions norm;
};

/// Convolution "0" without bias, batch normalisation "1", activation.
struct ConvNormActivation : torch::nn::Module {
  explicit ConvNormActivation(const ConvOptions& options);
  torch::Tensor forward(const torch::Tensor& x);

  ConvOptions options;
  /// A graph is built by folded_convolution() while the norm is in inference mode: for training,
  /// where a change of rounding is no matter. Apart from train() and eval(), which a checkpoint
  /// written within an epoch calls.
  bool folds = false;
  torch::nn::Conv2d conv{nullptr};
  torch::nn::BatchNorm2d norm{nullptr};
};

/// Channel gates from the mean of the map ("Squeeze-and-Excitation Networks", Hu et al. 2018):
/// x * sigmoid(fc2(silu(fc1(mean(x))))).
struct SqueezeExcitation : torch::nn::Module {
  SqueezeExcitation(int64_t channels, int64_t squeeze_channels);
  torch::Tensor forward(const torch::Tensor& x);

  torch::nn::Conv2d fc1{nullptr};
  torch::nn::Conv2d fc2{nullptr};
};

/// Drops the residual branch of single images in training and scales the others by 1 / (1 - rate)
/// ("Deep Networks with Stochastic Depth", Huang et al. 2016; torchvision's mode "row"). Identity
/// in evaluation mode.
struct StochasticDepth : torch::nn::Module {
  explicit StochasticDepth(double drop_rate) : rate(drop_rate) {}
  torch::Tensor forward(const torch::Tensor& x);

  double rate;
};

struct MBConvOptions {
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  int64_t expand_ratio = 1;
  int64_t kernel = 3;
  int64_t stride = 1;
  bool squeeze_excitation = true;
  double drop_rate = 0.0;  ///< of the residual branch
  Activation activation = Activation::silu;
  Padding padding = Padding::symmetric;
  NormOptions norm;
};

/// Inverted residual block of EfficientNet: expand 1x1, depthwise, squeeze and excite, project 1x1.
/// The parts that are there are numbered block.0, block.1, ... as in torchvision; the ones left out
/// (no expansion at ratio 1, no gates in the Lite family) are null and take no number.
struct MBConv : torch::nn::Module {
  explicit MBConv(const MBConvOptions& options);
  torch::Tensor forward(const torch::Tensor& x);

  MBConvOptions options;
  bool residual;  ///< the input is added to the output
  std::shared_ptr<ConvNormActivation> expand;
  std::shared_ptr<ConvNormActivation> depthwise;
  std::shared_ptr<SqueezeExcitation> gate;
  std::shared_ptr<ConvNormActivation> project;
  std::shared_ptr<StochasticDepth> stochastic_depth;
};

}  // namespace xrayclf
