#include "kernel_benchmark.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>
#include <vector>

#include "xrayclf/core/error.hpp"
#include "xrayclf/kernels/aligned.hpp"
#include "xrayclf/kernels/kernels.hpp"
#include "xrayclf/kernels/pack.hpp"

namespace xrayclf {
namespace {

using kernels::Activation;
using kernels::Aligned;
using kernels::round_up;

template <class Call>
double best_of(const Call& call) {
  using Clock = std::chrono::steady_clock;
  double best = std::numeric_limits<double>::infinity();
  for (int round = 0; round < 15; ++round) {
    std::int64_t calls = 0;
    const auto start = Clock::now();
    double seconds = 0;
    do {
      call();
      ++calls;
      seconds = std::chrono::duration<double>(Clock::now() - start).count();
    } while (seconds < 0.01);
    best = std::min(best, seconds / static_cast<double>(calls));
  }
  return best;
}

std::size_t as_size(std::int64_t value) { return static_cast<std::size_t>(value); }

template <class T>
double pointwise_seconds(std::istream& words) {
  std::int64_t rows = 0, depth = 0, columns = 0;
  std::string activation;
  if (!(words >> rows >> depth >> columns >> activation) || rows < 1 || depth < 1 || columns < 1) {
    throw ConfigError("pointwise needs rows, depth, columns and an activation");
  }
  const auto& table = kernels::kernels<T>(best_cpu_level());
  const auto weights = kernels::pack_pointwise(
      table, std::vector<float>(as_size(depth * columns), 0.01F), depth, columns);
  const Aligned<float> bias(as_size(round_up(columns)), 0.1F);
  const Aligned<T> a(as_size(rows * round_up(depth)));
  Aligned<T> c(as_size(rows * round_up(columns)));
  kernels::Pointwise<T> p;
  p.a = a.data();
  p.a_stride = round_up(depth);
  p.rows = rows;
  p.depth = depth;
  p.b = weights.data();
  p.columns = columns;
  p.bias = bias.data();
  p.activation = activation == "silu" ? Activation::silu : Activation::none;
  p.c = c.data();
  p.c_stride = round_up(columns);
  return best_of([&] { table.pointwise(p); });
}

template <class T>
double depthwise_seconds(std::istream& words) {
  int kernel = 0, stride = 0;
  std::int64_t side = 0;
  if (!(words >> kernel >> stride >> side) || (kernel != 3 && kernel != 5) ||
      (stride != 1 && stride != 2) || side < 1) {
    throw ConfigError("depthwise needs a kernel of 3 or 5, a stride of 1 or 2, and a side");
  }
  const auto& table = kernels::kernels<T>(best_cpu_level());
  const std::int64_t out = (side - 1) / stride + 1;
  const std::int64_t lines = (out - 1) * stride + kernel;
  const Aligned<T> map(as_size(lines * lines * kernels::kBlock));
  const Aligned<float> weights(as_size(kernel * kernel * kernels::kBlock), 0.1F);
  const Aligned<float> bias(as_size(kernels::kBlock), 0.1F);
  Aligned<T> result(as_size(out * out * kernels::kBlock));
  std::vector<const T*> rows;
  for (std::int64_t y = 0; y < lines; ++y) rows.push_back(map.data() + y * lines * kernels::kBlock);
  kernels::Depthwise<T> d;
  d.kernel = kernel;
  d.stride = stride;
  d.rows = rows.data();
  d.out_rows = out;
  d.out_width = out;
  d.weights = weights.data();
  d.bias = bias.data();
  d.activation = Activation::silu;
  d.out = result.data();
  d.out_stride = kernels::kBlock;
  return best_of([&] { table.depthwise(d); });
}

}  // namespace

double kernel_seconds(std::istream& words) {
  std::string what, type;
  words >> what >> type;
  const bool halves = type == "bfloat16";
  if (what == "pointwise") {
    return halves ? pointwise_seconds<Bfloat16>(words) : pointwise_seconds<float>(words);
  }
  if (what == "depthwise") {
    return halves ? depthwise_seconds<Bfloat16>(words) : depthwise_seconds<float>(words);
  }
  throw ConfigError("no kernel '" + what + "'");
}

}  // namespace xrayclf
