#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "xrayclf/core/random.hpp"
#include "xrayclf/kernels/kernels.hpp"
#include "xrayclf/kernels/pack.hpp"

/// What the tests of the kernels share: plain formulas in double, and every level of the machine.
namespace xrayclf::testing {

/// Seeded values in [-1, 1).
class Values {
 public:
  explicit Values(std::uint64_t seed) : random_(seed) {}
  std::vector<float> operator()(std::int64_t count, double scale = 1.0) {
    std::vector<float> out(static_cast<std::size_t>(count));
    for (float& value : out) value = static_cast<float>(random_.uniform(-scale, scale));
    return out;
  }

 private:
  Random random_;
};

template <class T>
T stored(float value) {
  if constexpr (sizeof(T) == sizeof(float)) {
    return value;
  } else {
    return to_bfloat16(value);
  }
}

/// What remains of a value when it is stored.
template <class T>
double kept(float value) {
  return to_float(stored<T>(value));
}

/// rows x channels -> rows x channels rounded up, in T; the padding is 7.
template <class T>
std::vector<T> padded_map(const std::vector<float>& values, std::int64_t channels) {
  const std::int64_t stride = kernels::round_up(channels);
  const auto rows = static_cast<std::int64_t>(values.size()) / channels;
  std::vector<T> out(static_cast<std::size_t>(rows * stride), stored<T>(7.0F));
  for (std::int64_t i = 0; i < rows * channels; ++i) {
    out[static_cast<std::size_t>(i / channels * stride + i % channels)] =
        stored<T>(values[static_cast<std::size_t>(i)]);
  }
  return out;
}

inline double plain_activation(kernels::Activation activation, double x) {
  switch (activation) {
    case kernels::Activation::relu:
      return std::max(x, 0.0);
    case kernels::Activation::relu6:
      return std::clamp(x, 0.0, 6.0);
    case kernels::Activation::silu:
      return x / (1.0 + std::exp(-x));
    case kernels::Activation::sigmoid:
      return 1.0 / (1.0 + std::exp(-x));
    case kernels::Activation::none:
      break;
  }
  return x;
}

inline constexpr kernels::Activation kActivations[] = {
    kernels::Activation::none, kernels::Activation::relu, kernels::Activation::relu6,
    kernels::Activation::silu, kernels::Activation::sigmoid};

/// Half a unit of the last place, and the rough sigmoid, beside sums of float32.
template <class T>
double tolerance(double expected) {
  const bool exact = sizeof(T) == sizeof(float);
  return exact ? 2e-6 * std::max(1.0, std::abs(expected)) : 5e-3 * std::abs(expected) + 1e-3;
}

/// Calls test(kernels<T>(level)) for all levels that this machine has.
template <class T, class Test>
void for_each_level(Test test) {
  for (const CpuLevel level : cpu_levels()) {
    const ::testing::ScopedTrace trace(
        __FILE__, __LINE__,
        std::string(name_of(level)) + " " + (sizeof(T) == 4 ? "float32" : "bfloat16"));
    test(kernels::kernels<T>(level));
  }
}

}  // namespace xrayclf::testing
