#pragma once

#include <cstddef>
#include <cstdint>

#include "xrayclf/kernels/bfloat16.hpp"
#include "xrayclf/kernels/cpu_level.hpp"

/// The inner loops of a convolutional network on one thread. Feature maps are NHWC; T, the type
/// that they and the weights are stored in, is float or Bfloat16; sums are float32 in both.
///
/// Channels are processed in blocks of 16: a map's rows hold channels rounded up to 16, and packed
/// weights and biases are zero there. Elements in the padding may be written; what is read of it
/// meets zero weights, so it must be finite. A result depends on nothing but its own inputs: not on
/// how many rows are computed in one call.
namespace xrayclf::kernels {

inline constexpr std::int64_t kBlock = 16;
[[gnu::always_inline]] inline std::int64_t round_up(std::int64_t value, std::int64_t to = kBlock) {
  return (value + to - 1) / to * to;
}

enum class Activation { none, relu, relu6, silu, sigmoid };

/// C = activation(A * B + bias) + residual: a 1x1 convolution.
template <class T>
struct Pointwise {
  const T* a = nullptr;  ///< rows x depth
  std::int64_t a_stride = 0;
  std::int64_t rows = 0;
  std::int64_t depth = 0;       ///< input channels
  const T* b = nullptr;         ///< see Weights in pack.hpp
  std::int64_t columns = 0;     ///< output channels
  const float* bias = nullptr;  ///< columns
  Activation activation = Activation::none;
  const T* residual = nullptr;  ///< rows x columns, or none
  std::int64_t residual_stride = 0;
  T* c = nullptr;
  std::int64_t c_stride = 0;             ///< from one row to the next
  std::int64_t c_block_stride = kBlock;  ///< from 16 columns to the next 16
  std::int64_t image_width = 0;          ///< after so many rows ...
  std::int64_t image_gap = 0;            ///< ... so many elements of C are left out
};

/// activation(depthwise convolution + bias) of 16 channels, some rows of a map.
template <class T>
struct Depthwise {
  int kernel = 3;  ///< 3 or 5
  int stride = 1;  ///< 1 or 2
  /// Row y of the output reads rows[y * stride] to rows[y * stride + kernel - 1]. A row is its left
  /// padding, pixels and right padding, each pixel 16 values after the last.
  const T* const* rows = nullptr;
  std::int64_t out_rows = 0;
  std::int64_t out_width = 0;
  const float* weights = nullptr;  ///< [kernel][kernel][16]
  const float* bias = nullptr;     ///< 16
  Activation activation = Activation::none;
  T* out = nullptr;
  std::int64_t out_stride = 0;  ///< from one pixel to the next, over the ends of rows
  float* sums = nullptr;        ///< 16: the outputs are added to it, before rounding; or none
};

/// activation(3x3 convolution at stride 2 of one channel + bias), one row of output.
template <class T>
struct Stem {
  const float* rows[3] = {};  ///< padded; pixel x reads [2x, 2x + 2] of each
  std::int64_t out_width = 0;
  std::int64_t channels = 0;
  const float* weights = nullptr;  ///< [9][channels rounded up]
  const float* bias = nullptr;     ///< [3][channels rounded up]: first, inner and last columns
  Activation activation = Activation::none;
  T* out = nullptr;
  std::int64_t out_stride = 0;
};

/// y = activation(x * W + bias) for one vector.
struct Dense {
  const float* x = nullptr;
  std::int64_t in = 0;
  const float* weights = nullptr;  ///< [in][out rounded up]
  const float* bias = nullptr;     ///< out rounded up
  std::int64_t out = 0;
  Activation activation = Activation::none;
  float* y = nullptr;  ///< out rounded up
};

template <class T>
struct Kernels {
  /// Rows and columns of the product that are computed at once; packing follows them.
  std::int64_t tile_rows;
  std::int64_t panel_columns;
  void (*pointwise)(const Pointwise<T>&);
  void (*depthwise)(const Depthwise<T>&);
  void (*stem)(const Stem<T>&);
  void (*dense)(const Dense&);
  /// to[row][channel] = from[row][channel] * scale[channel], rows x channels; strides are equal.
  void (*scale_rows)(const T* from, T* to, std::int64_t rows, std::int64_t channels,
                     std::int64_t stride, const float* scale);
  /// Packed weights with row k, that is input channel k, multiplied by scale[k].
  void (*scale_weights)(const T* from, T* to, std::int64_t depth, std::int64_t columns,
                        const float* scale);
  /// sums[channel] += from[row][channel]
  void (*add_rows)(const T* from, std::int64_t rows, std::int64_t channels, std::int64_t stride,
                   float* sums);
};

/// The processor must have the level.
template <class T>
const Kernels<T>& kernels(CpuLevel level);

}  // namespace xrayclf::kernels
