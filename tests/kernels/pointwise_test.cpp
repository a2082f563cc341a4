#include <cmath>
#include <cstring>
#include <limits>
#include <tuple>

#include "kernels/kernel_cases.hpp"

namespace xrayclf {
namespace {

using kernels::Activation;
using kernels::round_up;
using testing::Values;

template <class T>
struct Case {
  Case(std::int64_t rows_, std::int64_t depth_, std::int64_t columns_)
      : rows(rows_), depth(depth_), columns(columns_) {
    Values values(static_cast<std::uint64_t>(rows * 1000 + depth * 10 + columns));
    a = values(rows * depth);
    b = values(columns * depth, 4.0 / std::sqrt(static_cast<double>(depth)));
    bias = values(columns);
    residual = values(rows * columns);
    stored_a = testing::padded_map<T>(a, depth);
    stored_residual = testing::padded_map<T>(residual, columns);
    padded_bias = kernels::pad_block(bias);
    c.assign(static_cast<std::size_t>(rows * round_up(columns)), T{});
  }

  kernels::Pointwise<T> arguments(const kernels::Kernels<T>& table) {
    packed = kernels::pack_pointwise(table, b, depth, columns);
    kernels::Pointwise<T> p;
    p.a = stored_a.data();
    p.a_stride = round_up(depth);
    p.rows = rows;
    p.depth = depth;
    p.b = packed.data();
    p.columns = columns;
    p.bias = padded_bias.data();
    p.c = c.data();
    p.c_stride = round_up(columns);
    return p;
  }

  double expected(std::int64_t row, std::int64_t column, Activation activation) const {
    double sum = bias[static_cast<std::size_t>(column)];
    for (std::int64_t k = 0; k < depth; ++k) {
      sum += testing::kept<T>(a[static_cast<std::size_t>(row * depth + k)]) *
             testing::kept<T>(b[static_cast<std::size_t>(column * depth + k)]);
    }
    return testing::plain_activation(activation, sum);
  }

  std::int64_t rows, depth, columns;
  std::vector<float> a, b, bias, residual;
  std::vector<T> stored_a, stored_residual, c;
  kernels::Aligned<float> padded_bias;
  kernels::Aligned<T> packed;
};

template <class T>
void expect_product(std::int64_t rows, std::int64_t depth, std::int64_t columns,
                    Activation activation, bool residual) {
  testing::for_each_level<T>([&](const kernels::Kernels<T>& table) {
    Case<T> test(rows, depth, columns);
    kernels::Pointwise<T> p = test.arguments(table);
    p.activation = activation;
    if (residual) {
      p.residual = test.stored_residual.data();
      p.residual_stride = round_up(columns);
    }
    table.pointwise(p);
    for (std::int64_t row = 0; row < rows; ++row) {
      for (std::int64_t column = 0; column < columns; ++column) {
        double want = test.expected(row, column, activation);
        if (residual) {
          want += testing::kept<T>(test.residual[static_cast<std::size_t>(row * columns + column)]);
        }
        const double got = to_float(test.c[static_cast<std::size_t>(row * p.c_stride + column)]);
        ASSERT_NEAR(got, want, testing::tolerance<T>(want))
            << rows << "x" << depth << "x" << columns << " at " << row << ", " << column;
      }
    }
  });
}

template <class T>
void expect_products() {
  for (const auto& [rows, depth, columns] : {std::tuple{1, 1, 1},
                                             {1, 17, 16},
                                             {2, 3, 5},
                                             {5, 24, 40},
                                             {7, 33, 24},
                                             {13, 16, 17},
                                             {14, 8, 32},
                                             {15, 48, 33},
                                             {29, 7, 48},
                                             {49, 64, 56},
                                             {113, 20, 80},
                                             {3, 1632, 16}}) {
    expect_product<T>(rows, depth, columns, Activation::none, false);
    expect_product<T>(rows, depth, columns, Activation::silu, true);
  }
  for (const Activation activation : testing::kActivations) {
    expect_product<T>(6, 12, 16, activation, false);
  }
}

TEST(PointwiseTest, IsTheProductOfOddSizesInFloat32) { expect_products<float>(); }
TEST(PointwiseTest, IsTheProductOfOddSizesInBfloat16) { expect_products<Bfloat16>(); }

/// More rows than fit the cache at once.
TEST(PointwiseTest, IsTheProductOfManyRows) {
  expect_product<float>(700, 160, 8, Activation::none, false);
}

template <class T>
void expect_equal_bits() {
  testing::for_each_level<T>([](const kernels::Kernels<T>& table) {
    Case<T> test(31, 40, 48);
    kernels::Pointwise<T> p = test.arguments(table);
    p.activation = Activation::silu;
    table.pointwise(p);
    const std::vector<T> together = test.c;
    for (std::int64_t row = 0; row < test.rows; ++row) {
      kernels::Pointwise<T> alone = p;
      alone.a += row * p.a_stride;
      alone.c += row * p.c_stride;
      alone.rows = 1;
      table.pointwise(alone);
    }
    EXPECT_EQ(std::memcmp(together.data(), test.c.data(), together.size() * sizeof(T)), 0);
  });
}

TEST(PointwiseTest, GivesARowTheSameBitsInAnyCompany) {
  expect_equal_bits<float>();
  expect_equal_bits<Bfloat16>();
}

/// Into blocks of 16 channels, with a gap after each line of an image of 5 pixels.
TEST(PointwiseTest, WritesIntoAPaddedBlockedMap) {
  testing::for_each_level<float>([](const kernels::Kernels<float>& table) {
    Case<float> test(15, 9, 40);
    kernels::Pointwise<float> p = test.arguments(table);
    table.pointwise(p);
    const std::vector<float> plain = test.c;
    std::vector<float> blocked(3 * 3 * 7 * 16, -1.0F);
    p.c = blocked.data() + 16;
    p.c_stride = 16;
    p.c_block_stride = 3 * 7 * 16;
    p.image_width = 5;
    p.image_gap = 2 * 16;
    table.pointwise(p);
    for (std::int64_t row = 0; row < 15; ++row) {
      for (std::int64_t column = 0; column < 40; ++column) {
        const std::int64_t pixel = row / 5 * 7 + row % 5 + 1;
        EXPECT_EQ(blocked[static_cast<std::size_t>((column / 16 * 21 + pixel) * 16 + column % 16)],
                  plain[static_cast<std::size_t>(row * 48 + column)]);
      }
    }
    EXPECT_EQ(blocked[0], -1.0F);
    EXPECT_EQ(blocked[6 * 16], -1.0F);
    EXPECT_EQ(blocked[7 * 16], -1.0F);
  });
}

template <class T>
void expect_scaled_weights(std::int64_t depth, std::int64_t columns) {
  testing::for_each_level<T>([&](const kernels::Kernels<T>& table) {
    Values values(3);
    std::vector<float> weights = values(depth * columns);
    const std::vector<float> scale = values(depth);
    const kernels::Aligned<T> packed = kernels::pack_pointwise(table, weights, depth, columns);
    for (std::int64_t i = 0; i < depth * columns; ++i) {
      float& weight = weights[static_cast<std::size_t>(i)];
      weight =
          static_cast<float>(testing::kept<T>(weight)) * scale[static_cast<std::size_t>(i % depth)];
    }
    const kernels::Aligned<T> want = kernels::pack_pointwise(table, weights, depth, columns);
    std::vector<T> got(packed.size());
    table.scale_weights(packed.data(), got.data(), depth, columns, scale.data());
    for (std::size_t i = 0; i < got.size(); ++i) ASSERT_EQ(to_float(got[i]), to_float(want[i]));
  });
}

TEST(PointwiseTest, ScalesPackedWeights) {
  for (const auto& [depth, columns] : {std::tuple{1, 1}, {7, 24}, {32, 48}, {9, 56}}) {
    expect_scaled_weights<float>(depth, columns);
    expect_scaled_weights<Bfloat16>(depth, columns);
  }
}

/// A network whose weights went wrong must not look healthy.
TEST(PointwiseTest, KeepsNaN) {
  testing::for_each_level<float>([](const kernels::Kernels<float>& table) {
    for (const Activation activation : testing::kActivations) {
      Case<float> test(1, 4, 16);
      test.stored_a[2] = std::numeric_limits<float>::quiet_NaN();
      kernels::Pointwise<float> p = test.arguments(table);
      p.activation = activation;
      table.pointwise(p);
      EXPECT_TRUE(std::isnan(test.c[0])) << static_cast<int>(activation);
    }
  });
}

/// Sums far from zero: both ends of the exponential.
TEST(PointwiseTest, ActivatesLargeNumbers) {
  testing::for_each_level<float>([](const kernels::Kernels<float>& table) {
    for (const float x : {-1e30F, -1000.0F, -90.0F, -20.0F, 20.0F, 90.0F, 1000.0F, 1e30F}) {
      Case<float> test(1, 1, 1);
      test.stored_a[0] = x;
      test.b[0] = 1.0F;
      test.padded_bias[0] = 0.0F;
      kernels::Pointwise<float> p = test.arguments(table);
      p.activation = Activation::silu;
      table.pointwise(p);
      const double want = testing::plain_activation(Activation::silu, x);
      // Below -87 the true value, less than 1e-35, may come out as the power's lower bound.
      EXPECT_NEAR(test.c[0], want, 1e-6 * std::abs(want) + std::abs(x) * 2e-38) << x;
    }
  });
}

}  // namespace
}  // namespace xrayclf
