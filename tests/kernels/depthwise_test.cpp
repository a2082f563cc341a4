#include <tuple>

#include "kernels/kernel_cases.hpp"

namespace xrayclf {
namespace {

using kernels::Activation;
using kernels::kBlock;
using testing::Values;

/// One block of channels of a padded map and what the plain formula makes of it.
template <class T>
void expect_convolution(int kernel, int stride, std::int64_t out_rows, std::int64_t out_width,
                        Activation activation) {
  testing::for_each_level<T>([&](const kernels::Kernels<T>& table) {
    const std::int64_t height = (out_rows - 1) * stride + kernel;
    const std::int64_t width = (out_width - 1) * stride + kernel;
    Values values(static_cast<std::uint64_t>(kernel * 100 + stride * 10 + out_width));
    const std::vector<float> map = values(height * width * kBlock);
    const std::vector<float> weights = values(kBlock * kernel * kernel);
    const std::vector<float> bias = values(kBlock);
    const kernels::Aligned<float> packed = kernels::pack_depthwise(weights, kBlock, kernel);
    const std::vector<T> stored = testing::padded_map<T>(map, kBlock);
    std::vector<const T*> rows;
    for (std::int64_t y = 0; y < height; ++y) rows.push_back(stored.data() + y * width * kBlock);

    constexpr std::int64_t kOutStride = 2 * kBlock;
    std::vector<T> out(static_cast<std::size_t>(out_rows * out_width * kOutStride));
    std::vector<float> sums(kBlock, 0.5F);
    kernels::Depthwise<T> d;
    d.kernel = kernel;
    d.stride = stride;
    d.rows = rows.data();
    d.out_rows = out_rows;
    d.out_width = out_width;
    d.weights = packed.data();
    d.bias = bias.data();
    d.activation = activation;
    d.out = out.data();
    d.out_stride = kOutStride;
    d.sums = sums.data();
    table.depthwise(d);

    for (std::int64_t c = 0; c < kBlock; ++c) {
      double total = 0.5;
      for (std::int64_t pixel = 0; pixel < out_rows * out_width; ++pixel) {
        double sum = bias[static_cast<std::size_t>(c)];
        for (std::int64_t tap = 0; tap < kernel * kernel; ++tap) {
          const std::int64_t y = pixel / out_width * stride + tap / kernel;
          const std::int64_t x = pixel % out_width * stride + tap % kernel;
          sum += testing::kept<T>(map[static_cast<std::size_t>((y * width + x) * kBlock + c)]) *
                 weights[static_cast<std::size_t>(c * kernel * kernel + tap)];
        }
        const double want = testing::plain_activation(activation, sum);
        total += want;
        ASSERT_NEAR(to_float(out[static_cast<std::size_t>(pixel * kOutStride + c)]), want,
                    testing::tolerance<T>(want))
            << "kernel " << kernel << " stride " << stride << " pixel " << pixel;
      }
      EXPECT_NEAR(sums[static_cast<std::size_t>(c)], total,
                  testing::tolerance<T>(total) * static_cast<double>(out_rows * out_width));
    }
  });
}

template <class T>
void expect_convolutions() {
  for (const int kernel : {3, 5}) {
    for (const int stride : {1, 2}) {
      for (const auto& [rows, width] :
           {std::tuple{1, 1}, {2, 2}, {3, 7}, {1, 8}, {2, 13}, {1, 15}, {1, 30}}) {
        expect_convolution<T>(kernel, stride, rows, width, Activation::silu);
      }
      expect_convolution<T>(kernel, stride, 2, 5, Activation::relu6);
      expect_convolution<T>(kernel, stride, 2, 5, Activation::none);
    }
  }
}

TEST(DepthwiseTest, IsTheConvolutionInFloat32) { expect_convolutions<float>(); }
TEST(DepthwiseTest, IsTheConvolutionInBfloat16) { expect_convolutions<Bfloat16>(); }

}  // namespace
}  // namespace xrayclf
