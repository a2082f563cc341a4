#include <algorithm>
#include <tuple>

#include "kernels/kernel_cases.hpp"

namespace xrayclf {
namespace {

using kernels::Activation;
using kernels::round_up;
using testing::Values;

template <class T>
void expect_stem(std::int64_t channels, std::int64_t width) {
  testing::for_each_level<T>([&](const kernels::Kernels<T>& table) {
    Values values(static_cast<std::uint64_t>(channels * 100 + width));
    const std::int64_t stride = round_up(channels);
    const std::vector<float> image = values(3 * (2 * width + 1));
    const std::vector<float> weights = values(9 * stride);
    const std::vector<float> bias = values(3 * stride);
    std::vector<T> out(static_cast<std::size_t>(width * stride));
    kernels::Stem<T> s;
    for (int y = 0; y < 3; ++y) s.rows[y] = image.data() + y * (2 * width + 1);
    s.out_width = width;
    s.channels = channels;
    s.weights = weights.data();
    s.bias = bias.data();
    s.activation = Activation::silu;
    s.out = out.data();
    s.out_stride = stride;
    table.stem(s);
    for (std::int64_t x = 0; x < width; ++x) {
      const std::int64_t variant = x == 0 ? 0 : x + 1 == width ? 2 : 1;
      for (std::int64_t c = 0; c < channels; ++c) {
        double sum = bias[static_cast<std::size_t>(variant * stride + c)];
        for (std::int64_t tap = 0; tap < 9; ++tap) {
          sum +=
              double{image[static_cast<std::size_t>(tap / 3 * (2 * width + 1) + 2 * x + tap % 3)]} *
              weights[static_cast<std::size_t>(tap * stride + c)];
        }
        const double want = testing::plain_activation(Activation::silu, sum);
        ASSERT_NEAR(to_float(out[static_cast<std::size_t>(x * stride + c)]), want,
                    testing::tolerance<T>(want));
      }
    }
  });
}

TEST(StemTest, IsTheConvolutionOfOneChannel) {
  expect_stem<float>(32, 5);
  expect_stem<float>(48, 16);
  expect_stem<float>(40, 3);
  expect_stem<float>(8, 1);
  expect_stem<Bfloat16>(40, 7);
}

TEST(DenseTest, IsTheProductOfAVector) {
  testing::for_each_level<float>([](const kernels::Kernels<float>& table) {
    for (const auto& [in, out] : {std::tuple{1, 1}, {5, 3}, {7, 16}, {33, 100}, {12, 65}}) {
      for (const Activation activation : testing::kActivations) {
        Values values(static_cast<std::uint64_t>(in * 100 + out));
        const std::vector<float> weights = values(in * out);
        const std::vector<float> bias = values(out);
        const std::vector<float> x = values(in);
        const kernels::Aligned<float> packed = kernels::pack_dense(weights, in, out);
        const kernels::Aligned<float> padded = kernels::pad_block(bias);
        std::vector<float> y(static_cast<std::size_t>(round_up(out)));
        table.dense({x.data(), in, packed.data(), padded.data(), out, activation, y.data()});
        for (int o = 0; o < out; ++o) {
          double sum = bias[static_cast<std::size_t>(o)];
          for (int i = 0; i < in; ++i) {
            sum += double{x[static_cast<std::size_t>(i)]} *
                   weights[static_cast<std::size_t>(o * in + i)];
          }
          const double want = testing::plain_activation(activation, sum);
          ASSERT_NEAR(y[static_cast<std::size_t>(o)], want, testing::tolerance<float>(want));
        }
      }
    }
  });
}

template <class T>
void expect_row_kernels(std::int64_t rows, std::int64_t channels) {
  testing::for_each_level<T>([&](const kernels::Kernels<T>& table) {
    Values values(11);
    const std::int64_t stride = round_up(channels);
    const std::vector<T> map = testing::padded_map<T>(values(rows * channels), channels);
    const kernels::Aligned<float> scale = kernels::pad_block(values(channels));
    std::vector<T> scaled(map.size());
    table.scale_rows(map.data(), scaled.data(), rows, channels, stride, scale.data());
    std::vector<float> sums(static_cast<std::size_t>(stride), 1.0F);
    table.add_rows(map.data(), rows, channels, stride, sums.data());
    for (std::int64_t c = 0; c < channels; ++c) {
      double sum = 1.0;
      for (std::int64_t row = 0; row < rows; ++row) {
        const auto i = static_cast<std::size_t>(row * stride + c);
        sum += to_float(map[i]);
        ASSERT_EQ(to_float(scaled[i]),
                  testing::kept<T>(to_float(map[i]) * scale[static_cast<std::size_t>(c)]));
      }
      ASSERT_NEAR(sums[static_cast<std::size_t>(c)], sum, 1e-5);
    }
  });
}

TEST(RowKernelsTest, ScaleAndAdd) {
  for (const auto& [rows, channels] : {std::tuple{1, 1}, {3, 24}, {49, 40}, {2, 33}}) {
    expect_row_kernels<float>(rows, channels);
    expect_row_kernels<Bfloat16>(rows, channels);
  }
}

TEST(CpuLevelTest, AnyProcessorHasTheGenericLevelAndTheBestIsTheLast) {
  const std::vector<CpuLevel> levels = cpu_levels();
  ASSERT_FALSE(levels.empty());
  EXPECT_EQ(levels.front(), CpuLevel::generic);
  EXPECT_EQ(levels.back(), best_cpu_level());
  EXPECT_TRUE(std::is_sorted(levels.begin(), levels.end()));
}

}  // namespace
}  // namespace xrayclf
