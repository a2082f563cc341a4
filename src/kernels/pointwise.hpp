#pragma once

#include "kernels/activations.hpp"

namespace xrayclf::kernels {
namespace {

/// How deep a step of the product is: one row of B, or a pair of them.
template <class S, class T>
struct Step;

template <class S>
struct Step<S, float> {
  static constexpr int depth = 1;
  using Vector = typename S::Floats;
  static Vector column(const float* b) { return S::load(b); }
  static Vector row(const float* a) { return S::set(*a); }
  static typename S::Floats add(typename S::Floats sum, Vector a, Vector b) {
    return S::multiply_add(a, b, sum);
  }
};

template <class S>
struct Step<S, Bfloat16> {
  static constexpr int depth = 2;
  using Vector = typename S::Pairs;
  static Vector column(const Bfloat16* b) { return S::load_pairs(b); }
  static Vector row(const Bfloat16* a) { return S::set_pair(a); }
  static typename S::Floats add(typename S::Floats sum, Vector a, Vector b) {
    return S::add_dot(sum, a, b);
  }
};

/// Puts function(result) + residual of a tile into the places of its rows.
template <class S, class T, class Function>
[[gnu::always_inline]] inline void place(const Pointwise<T>& p, std::int64_t row, int rows,
                                         std::int64_t column, int vectors, const float* results,
                                         const Function& function) {
  T* c = p.c + row * p.c_stride;
  std::int64_t left = rows;  // rows before the next gap
  if (p.image_gap != 0) {
    c += row / p.image_width * p.image_gap;
    left = p.image_width - row % p.image_width;
  }
  for (int v = 0; v < vectors; ++v) {
    const std::int64_t at = column + v * S::width;
    T* out = c + at / kBlock * p.c_block_stride + at % kBlock;
    const T* residual = p.residual;
    if (residual != nullptr) residual += row * p.residual_stride + at;
    const float* result = results + v * S::width;
    std::int64_t before_gap = left;
    for (int m = 0; m < rows; ++m) {
      if (m == before_gap) {
        out += p.image_gap;
        before_gap += p.image_width;
      }
      auto x = function(S::load(result));
      if (residual != nullptr) {
        x = S::add(x, S::load(residual));
        residual += p.residual_stride;
      }
      S::store(out, x);
      out += p.c_stride;
      result += vectors * S::width;
    }
  }
}

template <class S, class T>
[[gnu::noinline]] void finish(const Pointwise<T>& p, std::int64_t row, int rows,
                              std::int64_t column, int vectors, const float* results) {
  with_activation<S, kExact<T>>(p.activation, [&](auto function) {
    place<S, T>(p, row, rows, column, vectors, results, function);
  });
}

/// What of the next panel of B a tile asks for while it computes: an address for each step.
template <class T>
struct Prefetch {
  const T* from = nullptr;
  std::int64_t step = 0;
};

/// Rows x (Vectors * width) of the product; the sums stay in registers.
template <class S, class T, int Rows, int Vectors>
void tile(const Pointwise<T>& p, std::int64_t row, std::int64_t column, const T* b,
          Prefetch<T> next) {
  using Floats = typename S::Floats;
  constexpr int kDepth = Step<S, T>::depth;
  const T* const a = p.a + row * p.a_stride;
  const std::int64_t a_stride = p.a_stride;
  Floats sums[Rows][Vectors];
#pragma GCC unroll 16
  for (int m = 0; m < Rows; ++m) {
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) sums[m][v] = S::load(p.bias + column + v * S::width);
  }
  for (std::int64_t k = 0; k < p.depth; k += kDepth) {
    typename Step<S, T>::Vector columns[Vectors];
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) columns[v] = Step<S, T>::column(b + v * S::width * kDepth);
    b += Vectors * S::width * kDepth;
    __builtin_prefetch(next.from, 0, 2);
    next.from += next.step;
#pragma GCC unroll 16
    for (int m = 0; m < Rows; ++m) {
      const auto value = Step<S, T>::row(a + m * a_stride + k);
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; ++v) sums[m][v] = Step<S, T>::add(sums[m][v], value, columns[v]);
    }
  }
  alignas(64) float results[Rows * Vectors * S::width];
#pragma GCC unroll 16
  for (int m = 0; m < Rows; ++m) {
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) {
      S::store(results + (m * Vectors + v) * S::width, sums[m][v]);
    }
  }
  finish<S, T>(p, row, Rows, column, Vectors, results);
}

/// Calls tile with `rows` as a constant.
template <class S, class T, int Vectors, int Rows = S::tile_rows>
void tile_of(std::int64_t rows, const Pointwise<T>& p, std::int64_t row, std::int64_t column,
             const T* b, const Prefetch<T>& next) {
  if (rows == Rows) {
    tile<S, T, Rows, Vectors>(p, row, column, b, next);
  } else if constexpr (Rows > 1) {
    tile_of<S, T, Vectors, Rows - 1>(rows, p, row, column, b, next);
  }
}

/// Rows [first, last) in tiles of nearly equal heights. Where weights outnumber the rows they come
/// from far away once for few tiles, so these fetch the next panel meanwhile, a share each.
template <class S, class T, int Vectors>
void panel(const Pointwise<T>& p, std::int64_t first, std::int64_t last, std::int64_t column,
           const T* b) {
  const std::int64_t count = last - first;
  const std::int64_t tiles = (count + S::tile_rows - 1) / S::tile_rows;
  const std::int64_t low = count / tiles;
  const std::int64_t higher = count % tiles;
  constexpr std::int64_t kStep = Vectors * S::width * Step<S, T>::depth;
  const std::int64_t steps = (p.depth + Step<S, T>::depth - 1) / Step<S, T>::depth;
  Prefetch<T> next{b, 0};
  if (p.rows < p.columns) next = {b + steps * kStep, (kStep + tiles - 1) / tiles};
  std::int64_t row = first;
  for (std::int64_t i = 0; i < tiles; ++i) {
    const std::int64_t rows = low + (i < higher ? 1 : 0);
    tile_of<S, T, Vectors>(rows, p, row, column, b, next);
    next.from += steps * next.step;
    row += rows;
  }
}

template <class S, class T>
void pointwise(const Pointwise<T>& p) {
  constexpr int kDepth = Step<S, T>::depth;
  // As many rows of A as stay in the second-level cache while the panels of B pass by.
  constexpr std::int64_t kCachedBytes = 192 * 1024;
  const std::int64_t depth = round_up(p.depth, kDepth);
  std::int64_t rows = kCachedBytes / (depth * static_cast<std::int64_t>(sizeof(T)));
  rows = rows / S::tile_rows * S::tile_rows;
  if (rows < 4 * S::tile_rows) rows = 4 * S::tile_rows;
  for (std::int64_t first = 0; first < p.rows; first += rows) {
    const std::int64_t last = smaller(first + rows, p.rows);
    const T* b = p.b;
    for (std::int64_t column = 0; column < p.columns; column += 2 * S::width) {
      if (column + S::width < p.columns) {
        panel<S, T, 2>(p, first, last, column, b);
      } else {
        panel<S, T, 1>(p, first, last, column, b);
      }
      b += 2 * S::width * depth;
    }
  }
}

template <class S, class T>
void scale_weights(const T* from, T* to, std::int64_t depth, std::int64_t columns,
                   const float* scale) {
  for (std::int64_t column = 0; column < columns; column += 2 * S::width) {
    const std::int64_t vectors = column + S::width < columns ? 2 : 1;
    for (std::int64_t k = 0; k < depth; k += Step<S, T>::depth) {
      for (std::int64_t v = 0; v < vectors; ++v) {
        if constexpr (sizeof(T) == sizeof(float)) {
          S::store(to, S::multiply(S::load(from), S::set(scale[k])));
        } else {
          const auto pairs = S::load_pairs(from);
          const float next = k + 1 < depth ? scale[k + 1] : 0.0F;
          S::store_pairs(to, S::join(S::multiply(S::first(pairs), S::set(scale[k])),
                                     S::multiply(S::second(pairs), S::set(next))));
        }
        from += S::width * Step<S, T>::depth;
        to += S::width * Step<S, T>::depth;
      }
    }
  }
}

}  // namespace
}  // namespace xrayclf::kernels
