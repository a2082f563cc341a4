#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "xrayclf/kernels/kernels.hpp"

/// A convolutional network as plain numbers: batch normalisation is folded into the convolutions,
/// and the conversion of grey values into the first of them.
namespace xrayclf::kernels {

enum class Padding {
  symmetric,  ///< (kernel - 1) / 2 zeros on all sides
  same,       ///< TensorFlow's: ceil(size / stride) outputs, the odd zero on the right and below
};

/// How one dimension of a convolution's input becomes its output's.
struct Extent {
  std::int64_t out = 0;
  std::int64_t before = 0;  ///< zeros in front
};
Extent convolve(std::int64_t size, std::int64_t kernel, std::int64_t stride, Padding padding);

/// 3x3 convolution at stride 2 of three channels that are all (value / 255 - mean) / std of one
/// grey value. The three are one channel of the value plus a constant that counts where the image
/// is, but not in the padding.
struct StemPlan {
  std::int64_t channels = 0;
  std::vector<float> weights;    ///< [channels][9], for values 0 to 255
  std::vector<float> constants;  ///< [channels][9], added for each tap inside the image
  std::vector<float> bias;
  Activation activation = Activation::none;
  Padding padding = Padding::symmetric;
};

/// activation(weights * x + bias)
struct LinearPlan {
  std::int64_t in = 0;
  std::int64_t out = 0;
  std::vector<float> weights;  ///< [out][in]
  std::vector<float> bias;
  Activation activation = Activation::none;
};

/// Inverted residual: expansion, depthwise convolution, gate, projection.
struct BlockPlan {
  std::optional<LinearPlan> expand;
  std::int64_t channels = 0;  ///< of the depthwise convolution
  std::int64_t kernel = 3;
  std::int64_t stride = 1;
  Padding padding = Padding::symmetric;
  std::vector<float> weights;  ///< [channels][kernel * kernel]
  std::vector<float> bias;
  Activation activation = Activation::none;
  std::optional<LinearPlan> squeeze;  ///< of the means over the map; there is a gate if it is set
  std::optional<LinearPlan> excite;   ///< gives the factors of the channels
  LinearPlan project;
  bool residual = false;
};

/// Stem, blocks, last 1x1 convolution, mean over the map, dense layers. Each of the first three is
/// a unit: unit 0 is the stem.
struct NetworkPlan {
  StemPlan stem;
  std::vector<BlockPlan> blocks;
  LinearPlan top;
  std::vector<LinearPlan> head;

  std::int64_t unit_count() const { return static_cast<std::int64_t>(blocks.size()) + 2; }
};

}  // namespace xrayclf::kernels
