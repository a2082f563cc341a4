#pragma once

#include "kernels/activations.hpp"

namespace xrayclf::kernels {
namespace {

/// Activates, stores and adds up a tile's sums: once for all tiles, whose code is long enough.
template <class S, class T>
[[gnu::noinline]] typename S::Floats depthwise_finish(const Depthwise<T>& d, int pixels,
                                                      const float* results, T* out,
                                                      typename S::Floats sum) {
  with_activation<S, kExact<T>>(d.activation, [&](auto function) {
    for (int i = 0; i < pixels; ++i, results += S::width, out += d.out_stride) {
      const auto y = function(S::load(results));
      sum = S::add(sum, y);
      S::store(out, y);
    }
  });
  return sum;
}

/// `Pixels` outputs of one vector of channels; every input is loaded once a row of the kernel.
template <class S, class T, int Kernel, int Stride, int Pixels>
[[gnu::always_inline]] inline typename S::Floats depthwise_tile(const Depthwise<T>& d,
                                                                const T* const* rows,
                                                                std::int64_t x, int channel, T* out,
                                                                typename S::Floats sum) {
  using Floats = typename S::Floats;
  constexpr int kInputs = (Pixels - 1) * Stride + Kernel;
  Floats sums[Pixels];
#pragma GCC unroll 8
  for (int i = 0; i < Pixels; ++i) sums[i] = S::load(d.bias + channel);
#pragma GCC unroll 5
  for (int ky = 0; ky < Kernel; ++ky) {
    const T* const row = rows[ky] + x * Stride * kBlock + channel;
    Floats weights[Kernel];
#pragma GCC unroll 5
    for (int kx = 0; kx < Kernel; ++kx) {
      weights[kx] = S::load(d.weights + (ky * Kernel + kx) * kBlock + channel);
    }
#pragma GCC unroll 20
    for (int i = 0; i < kInputs; ++i) {
      const Floats value = S::load(row + i * kBlock);
#pragma GCC unroll 5
      for (int kx = 0; kx < Kernel; ++kx) {
        const int output = (i - kx) / Stride;
        if (i >= kx && (i - kx) % Stride == 0 && output < Pixels) {
          sums[output] = S::multiply_add(value, weights[kx], sums[output]);
        }
      }
    }
  }
  alignas(64) float results[Pixels * S::width];
#pragma GCC unroll 8
  for (int i = 0; i < Pixels; ++i) S::store(results + i * S::width, sums[i]);
  return depthwise_finish<S, T>(d, Pixels, results, out, sum);
}

template <class S, class T, int Kernel, int Stride>
void depthwise_of(const Depthwise<T>& d) {
  for (int channel = 0; channel < kBlock; channel += S::width) {
    auto sum = d.sums != nullptr ? S::load(d.sums + channel) : S::set(0.0F);
    T* out = d.out + channel;
    for (std::int64_t y = 0; y < d.out_rows; ++y) {
      const T* const* const rows = d.rows + y * Stride;
      std::int64_t x = 0;
      // Seven sums, the weights of a row and one input fit 16 registers, and 7 divides the widths
      // of maps of 224 pixels.
      for (; x + 7 <= d.out_width; x += 7, out += 7 * d.out_stride) {
        sum = depthwise_tile<S, T, Kernel, Stride, 7>(d, rows, x, channel, out, sum);
      }
      for (; x + 3 <= d.out_width; x += 3, out += 3 * d.out_stride) {
        sum = depthwise_tile<S, T, Kernel, Stride, 3>(d, rows, x, channel, out, sum);
      }
      for (; x < d.out_width; ++x, out += d.out_stride) {
        sum = depthwise_tile<S, T, Kernel, Stride, 1>(d, rows, x, channel, out, sum);
      }
    }
    if (d.sums != nullptr) S::store(d.sums + channel, sum);
  }
}

template <class S, class T>
void depthwise(const Depthwise<T>& d) {
  if (d.kernel == 3) {
    d.stride == 1 ? depthwise_of<S, T, 3, 1>(d) : depthwise_of<S, T, 3, 2>(d);
  } else {
    d.stride == 1 ? depthwise_of<S, T, 5, 1>(d) : depthwise_of<S, T, 5, 2>(d);
  }
}

}  // namespace
}  // namespace xrayclf::kernels
