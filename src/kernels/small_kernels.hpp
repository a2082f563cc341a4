#pragma once

#include "kernels/activations.hpp"

namespace xrayclf::kernels {
namespace {

template <class S, class T>
void stem(const Stem<T>& s) {
  const std::int64_t stride = round_up(s.channels);
  for (std::int64_t x = 0; x < s.out_width; ++x) {
    const std::int64_t position = x == 0 ? 0 : x + 1 == s.out_width ? 2 : 1;
    typename S::Floats values[9];
#pragma GCC unroll 9
    for (int i = 0; i < 9; ++i) values[i] = S::set(s.rows[i / 3][2 * x + i % 3]);
    for (std::int64_t channel = 0; channel < s.channels; channel += S::width) {
      auto sum = S::load(s.bias + position * stride + channel);
#pragma GCC unroll 9
      for (int i = 0; i < 9; ++i) {
        sum = S::multiply_add(values[i], S::load(s.weights + i * stride + channel), sum);
      }
      S::store(s.out + x * s.out_stride + channel, activate<S, kExact<T>>(s.activation, sum));
    }
  }
}

template <class S>
void dense(const Dense& d) {
  constexpr int kVectors = 4;
  const std::int64_t stride = round_up(d.out);
  for (std::int64_t column = 0; column < d.out; column += kVectors * S::width) {
    const auto vectors =
        static_cast<int>(smaller(kVectors, (d.out - column + S::width - 1) / S::width));
    typename S::Floats sums[kVectors];
    for (int v = 0; v < vectors; ++v) sums[v] = S::load(d.bias + column + v * S::width);
    const float* weights = d.weights + column;
    if (vectors == kVectors) {
      for (std::int64_t k = 0; k < d.in; ++k, weights += stride) {
        const auto value = S::set(d.x[k]);
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) {
          sums[v] = S::multiply_add(value, S::load(weights + v * S::width), sums[v]);
        }
      }
    } else {
      for (std::int64_t k = 0; k < d.in; ++k, weights += stride) {
        const auto value = S::set(d.x[k]);
        for (int v = 0; v < vectors; ++v) {
          sums[v] = S::multiply_add(value, S::load(weights + v * S::width), sums[v]);
        }
      }
    }
    for (int v = 0; v < vectors; ++v) {
      S::store(d.y + column + v * S::width, activate<S, true>(d.activation, sums[v]));
    }
  }
}

template <class S, class T>
void scale_rows(const T* from, T* to, std::int64_t rows, std::int64_t channels, std::int64_t stride,
                const float* scale) {
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t c = 0; c < channels; c += S::width) {
      S::store(to + row * stride + c,
               S::multiply(S::load(from + row * stride + c), S::load(scale + c)));
    }
  }
}

template <class S, class T>
void add_rows(const T* from, std::int64_t rows, std::int64_t channels, std::int64_t stride,
              float* sums) {
  for (std::int64_t c = 0; c < channels; c += S::width) {
    auto sum = S::load(sums + c);
    for (std::int64_t row = 0; row < rows; ++row) {
      sum = S::add(sum, S::load(from + row * stride + c));
    }
    S::store(sums + c, sum);
  }
}

}  // namespace
}  // namespace xrayclf::kernels
