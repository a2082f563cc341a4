#include "xrayclf/kernels/compiled_network.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <tuple>

#include "kernels/kernel_cases.hpp"

namespace xrayclf {
namespace {

using kernels::Activation;
using kernels::BlockPlan;
using kernels::LinearPlan;
using kernels::NetworkPlan;
using kernels::Padding;
using testing::Values;

/// A map in double, [channels][height][width], and the layers of a plan by their definitions.
struct PlainMap {
  std::int64_t channels, height, width;
  std::vector<double> values;

  PlainMap(std::int64_t c, std::int64_t h, std::int64_t w)
      : channels(c), height(h), width(w), values(static_cast<std::size_t>(c * h * w)) {}
  double& at(std::int64_t c, std::int64_t y, std::int64_t x) {
    return values[static_cast<std::size_t>((c * height + y) * width + x)];
  }
  /// Zero outside.
  double get(std::int64_t c, std::int64_t y, std::int64_t x) const {
    const bool inside = y >= 0 && y < height && x >= 0 && x < width;
    return inside ? values[static_cast<std::size_t>((c * height + y) * width + x)] : 0.0;
  }
  std::vector<double> mean() const {
    std::vector<double> out(static_cast<std::size_t>(channels));
    const std::int64_t pixels = height * width;
    for (std::int64_t i = 0; i < channels * pixels; ++i) {
      out[static_cast<std::size_t>(i / pixels)] +=
          values[static_cast<std::size_t>(i)] / static_cast<double>(pixels);
    }
    return out;
  }
};

std::vector<double> plain_linear(const LinearPlan& plan, const std::vector<double>& x) {
  std::vector<double> y;
  for (std::int64_t o = 0; o < plan.out; ++o) {
    double sum = plan.bias[static_cast<std::size_t>(o)];
    for (std::int64_t i = 0; i < plan.in; ++i) {
      sum +=
          x[static_cast<std::size_t>(i)] * plan.weights[static_cast<std::size_t>(o * plan.in + i)];
    }
    y.push_back(testing::plain_activation(plan.activation, sum));
  }
  return y;
}

PlainMap plain_pointwise(const LinearPlan& plan, const PlainMap& in) {
  PlainMap out(plan.out, in.height, in.width);
  std::vector<double> pixel(static_cast<std::size_t>(in.channels));
  for (std::int64_t y = 0; y < in.height; ++y) {
    for (std::int64_t x = 0; x < in.width; ++x) {
      for (std::int64_t c = 0; c < in.channels; ++c) {
        pixel[static_cast<std::size_t>(c)] = in.get(c, y, x);
      }
      const std::vector<double> result = plain_linear(plan, pixel);
      for (std::int64_t c = 0; c < plan.out; ++c) {
        out.at(c, y, x) = result[static_cast<std::size_t>(c)];
      }
    }
  }
  return out;
}

/// The zeros in front and the size of the output, as torch's and TensorFlow's documentation have
/// it.
std::tuple<std::int64_t, std::int64_t> plain_padding(std::int64_t size, std::int64_t kernel,
                                                     std::int64_t stride, Padding padding) {
  if (padding == Padding::symmetric) {
    return {kernel / 2, (size + 2 * (kernel / 2) - kernel) / stride + 1};
  }
  const auto out =
      static_cast<std::int64_t>(std::ceil(static_cast<double>(size) / static_cast<double>(stride)));
  return {std::max<std::int64_t>((out - 1) * stride + kernel - size, 0) / 2, out};
}

PlainMap plain_stem(const kernels::StemPlan& plan, const std::vector<std::uint8_t>& image,
                    std::int64_t height, std::int64_t width) {
  const auto [top, rows] = plain_padding(height, 3, 2, plan.padding);
  const auto [left, columns] = plain_padding(width, 3, 2, plan.padding);
  PlainMap out(plan.channels, rows, columns);
  for (std::int64_t c = 0; c < plan.channels; ++c) {
    for (std::int64_t i = 0; i < rows * columns; ++i) {
      double sum = plan.bias[static_cast<std::size_t>(c)];
      for (std::int64_t tap = 0; tap < 9; ++tap) {
        const std::int64_t y = i / columns * 2 - top + tap / 3;
        const std::int64_t x = i % columns * 2 - left + tap % 3;
        if (y < 0 || y >= height || x < 0 || x >= width) continue;
        sum += double{plan.weights[static_cast<std::size_t>(c * 9 + tap)]} *
                   image[static_cast<std::size_t>(y * width + x)] +
               plan.constants[static_cast<std::size_t>(c * 9 + tap)];
      }
      out.at(c, i / columns, i % columns) = testing::plain_activation(plan.activation, sum);
    }
  }
  return out;
}

PlainMap plain_block(const BlockPlan& plan, const PlainMap& in) {
  const PlainMap wide = plan.expand ? plain_pointwise(*plan.expand, in) : in;
  const auto [top, rows] = plain_padding(in.height, plan.kernel, plan.stride, plan.padding);
  const auto [left, columns] = plain_padding(in.width, plan.kernel, plan.stride, plan.padding);
  const std::int64_t taps = plan.kernel * plan.kernel;
  PlainMap depthwise(plan.channels, rows, columns);
  for (std::int64_t c = 0; c < plan.channels; ++c) {
    for (std::int64_t i = 0; i < rows * columns; ++i) {
      double sum = plan.bias[static_cast<std::size_t>(c)];
      for (std::int64_t tap = 0; tap < taps; ++tap) {
        sum += wide.get(c, i / columns * plan.stride - top + tap / plan.kernel,
                        i % columns * plan.stride - left + tap % plan.kernel) *
               plan.weights[static_cast<std::size_t>(c * taps + tap)];
      }
      depthwise.at(c, i / columns, i % columns) = testing::plain_activation(plan.activation, sum);
    }
  }
  if (plan.squeeze) {
    const auto gate = plain_linear(*plan.excite, plain_linear(*plan.squeeze, depthwise.mean()));
    for (std::size_t i = 0; i < depthwise.values.size(); ++i) {
      depthwise.values[i] *= gate[i / static_cast<std::size_t>(rows * columns)];
    }
  }
  PlainMap out = plain_pointwise(plan.project, depthwise);
  if (plan.residual) {
    for (std::size_t i = 0; i < out.values.size(); ++i) out.values[i] += in.values[i];
  }
  return out;
}

/// Makes plans of random weights.
struct PlanMaker {
  Values values{5};
  Padding padding = Padding::symmetric;
  Activation activation = Activation::silu;

  LinearPlan linear(std::int64_t in, std::int64_t out, Activation act) {
    return {in, out, values(in * out, 2.0 / std::sqrt(static_cast<double>(in))), values(out, 0.3),
            act};
  }
  BlockPlan block(std::int64_t in, std::int64_t out, std::int64_t expand, std::int64_t kernel,
                  std::int64_t stride, bool gate) {
    BlockPlan plan;
    plan.channels = in * expand;
    if (expand > 1) plan.expand = linear(in, plan.channels, activation);
    plan.kernel = kernel;
    plan.stride = stride;
    plan.padding = padding;
    plan.weights = values(plan.channels * kernel * kernel, 2.0 / static_cast<double>(kernel));
    plan.bias = values(plan.channels, 0.3);
    plan.activation = activation;
    if (gate) {
      plan.squeeze = linear(plan.channels, 5, Activation::silu);
      plan.excite = linear(5, plan.channels, Activation::sigmoid);
    }
    plan.project = linear(plan.channels, out, Activation::none);
    plan.residual = stride == 1 && in == out;
    return plan;
  }
  NetworkPlan network(bool gates) {
    NetworkPlan plan;
    plan.stem = {24, values(24 * 9, 0.005), values(24 * 9, 0.3), values(24), activation, padding};
    plan.blocks = {block(24, 16, 1, 3, 1, gates), block(16, 16, 6, 5, 1, gates),
                   block(16, 40, 6, 3, 2, gates), block(40, 40, 6, 5, 1, gates),
                   block(40, 24, 6, 5, 2, gates), block(24, 24, 6, 3, 1, gates)};
    plan.top = linear(24, 72, activation);
    plan.head = {linear(72, 20, Activation::relu), linear(20, 3, Activation::none)};
    return plan;
  }
};

std::vector<std::uint8_t> noise(std::int64_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<std::uint8_t> out;
  for (std::int64_t i = 0; i < count; ++i)
    out.push_back(static_cast<std::uint8_t>(random.below(256)));
  return out;
}

constexpr std::int64_t kHeight = 51;
constexpr std::int64_t kWidth = 58;

/// Runs `count` images of noise through `units` units in one team of `members`.
struct Run {
  std::vector<float> map, features, logits;

  Run(const kernels::CompiledNetwork& network, std::int64_t units, std::int64_t all_units,
      std::int64_t count, int members, std::int64_t first_image = 0) {
    std::vector<std::vector<std::uint8_t>> images;
    std::vector<const std::uint8_t*> pixels;
    for (std::int64_t i = 0; i < count; ++i) {
      images.push_back(noise(kHeight * kWidth, static_cast<std::uint64_t>(first_image + i)));
    }
    for (const auto& image : images) pixels.push_back(image.data());
    const kernels::MapShape shape = network.shape(units, kHeight, kWidth);
    map.resize(static_cast<std::size_t>(count * shape.channels * shape.height * shape.width));
    features.resize(static_cast<std::size_t>(count * 72));
    logits.resize(static_cast<std::size_t>(count * 3));
    const bool whole = units == all_units;
    const kernels::Batch batch{pixels.data(),
                               count,
                               kHeight,
                               kWidth,
                               units,
                               map.data(),
                               whole ? features.data() : nullptr,
                               whole ? logits.data() : nullptr};
    const auto workspace = network.workspace(units, count, kHeight, kWidth, members);
    kernels::Barrier barrier(members);
    kernels::Workers workers(members);
    workers.run([&](int rank) {
      kernels::TeamMember member{rank, members, &barrier};
      network.run(batch, *workspace, member);
    });
  }
};

void expect_near(const std::vector<float>& got, const std::vector<double>& want, double relative) {
  ASSERT_EQ(got.size(), want.size());
  double largest = 0;
  for (const double value : want) largest = std::max(largest, std::abs(value));
  for (std::size_t i = 0; i < got.size(); ++i)
    ASSERT_NEAR(got[i], want[i], relative * largest) << i;
}

void expect_plain(Padding padding, bool gates) {
  PlanMaker maker;
  maker.padding = padding;
  maker.activation = gates ? Activation::silu : Activation::relu6;
  const NetworkPlan plan = maker.network(gates);
  const auto image = noise(kHeight * kWidth, 0);
  for (const CpuLevel level : cpu_levels()) {
    SCOPED_TRACE(name_of(level));
    const auto exact = kernels::compile<float>(plan, level);
    const auto rough = kernels::compile<Bfloat16>(plan, level);
    PlainMap map = plain_stem(plan.stem, image, kHeight, kWidth);
    const std::int64_t all = plan.unit_count();
    for (std::int64_t unit = 0; unit < all; ++unit) {
      SCOPED_TRACE(unit);
      if (unit > 0 && unit + 1 < all) {
        map = plain_block(plan.blocks[static_cast<std::size_t>(unit - 1)], map);
      } else if (unit > 0) {
        map = plain_pointwise(plan.top, map);
      }
      EXPECT_EQ(exact->shape(unit + 1, kHeight, kWidth),
                (kernels::MapShape{map.channels, map.height, map.width}));
      expect_near(Run(*exact, unit + 1, all, 1, 1).map, map.values, 2e-5);
      expect_near(Run(*rough, unit + 1, all, 1, 1).map, map.values, 5e-2);
    }
    const Run run(*exact, all, all, 1, 1);
    expect_near(run.features, map.mean(), 2e-5);
    expect_near(run.logits, plain_linear(plan.head[1], plain_linear(plan.head[0], map.mean())),
                2e-5);
  }
}

TEST(CompiledNetworkTest, IsThePlanSymmetricallyPaddedWithGates) {
  expect_plain(Padding::symmetric, true);
}
TEST(CompiledNetworkTest, IsThePlanPaddedAsTensorFlowWithGates) {
  expect_plain(Padding::same, true);
}
TEST(CompiledNetworkTest, IsThePlanPaddedAsTensorFlowWithoutGates) {
  expect_plain(Padding::same, false);
}

template <class T>
void expect_same_bits() {
  const NetworkPlan plan = PlanMaker{}.network(true);
  const auto network = kernels::compile<T>(plan, best_cpu_level());
  const std::int64_t all = plan.unit_count();
  for (const std::int64_t units : {std::int64_t{2}, all}) {
    const Run together(*network, units, all, 4, 1);
    for (const int members : {2, 3, 5}) {
      const Run team(*network, units, all, 4, members);
      EXPECT_EQ(team.map, together.map) << members;
      EXPECT_EQ(team.logits, together.logits) << members;
      const Run alone(*network, units, all, 1, members, 2);
      const std::size_t size = alone.map.size();
      EXPECT_TRUE(std::equal(alone.map.begin(), alone.map.end(), together.map.begin() + 2 * size));
      EXPECT_TRUE(
          std::equal(alone.logits.begin(), alone.logits.end(), together.logits.begin() + 6));
    }
  }
}

TEST(CompiledNetworkTest, AnImagesResultsDoNotDependOnItsCompanyOrTheThreads) {
  expect_same_bits<float>();
  expect_same_bits<Bfloat16>();
}

TEST(CompiledNetworkTest, RefusesAKernelThatItHasNoCodeFor) {
  NetworkPlan plan = PlanMaker{}.network(false);
  plan.blocks[1].kernel = 7;
  EXPECT_THROW(kernels::compile<float>(plan, CpuLevel::generic), std::invalid_argument);
}

}  // namespace
}  // namespace xrayclf
