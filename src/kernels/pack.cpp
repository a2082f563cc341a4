#include "xrayclf/kernels/pack.hpp"

#include <algorithm>
#include <type_traits>

namespace xrayclf::kernels {
namespace {

template <class T>
constexpr std::int64_t kStepDepth = std::is_same_v<T, float> ? 1 : 2;

float stored(float value, const float*) { return value; }
Bfloat16 stored(float value, const Bfloat16*) { return to_bfloat16(value); }

}  // namespace

template <class T>
std::int64_t packed_size(const Kernels<T>& kernels, std::int64_t depth, std::int64_t columns) {
  return round_up(depth, kStepDepth<T>) * round_up(columns, kernels.panel_columns / 2);
}

template <class T>
Aligned<T> pack_pointwise(const Kernels<T>& kernels, const std::vector<float>& weights,
                          std::int64_t depth, std::int64_t columns) {
  constexpr std::int64_t kStep = kStepDepth<T>;
  const std::int64_t vector = kernels.panel_columns / 2;
  Aligned<T> packed(static_cast<std::size_t>(packed_size(kernels, depth, columns)));
  auto out = packed.begin();
  for (std::int64_t panel = 0; panel < columns; panel += kernels.panel_columns) {
    const std::int64_t width = std::min(kernels.panel_columns, round_up(columns, vector) - panel);
    for (std::int64_t k = 0; k < depth; k += kStep) {
      for (std::int64_t column = panel; column < panel + width; ++column) {
        for (std::int64_t i = k; i < k + kStep; ++i, ++out) {
          if (column >= columns || i >= depth) continue;
          *out = stored(weights[static_cast<std::size_t>(column * depth + i)],
                        static_cast<const T*>(nullptr));
        }
      }
    }
  }
  return packed;
}

Aligned<float> pack_depthwise(const std::vector<float>& weights, std::int64_t channels,
                              std::int64_t kernel) {
  const std::int64_t taps = kernel * kernel;
  Aligned<float> packed(static_cast<std::size_t>(round_up(channels) * taps));
  for (std::int64_t c = 0; c < channels; ++c) {
    for (std::int64_t tap = 0; tap < taps; ++tap) {
      packed[static_cast<std::size_t>((c / kBlock * taps + tap) * kBlock + c % kBlock)] =
          weights[static_cast<std::size_t>(c * taps + tap)];
    }
  }
  return packed;
}

Aligned<float> pack_dense(const std::vector<float>& weights, std::int64_t in, std::int64_t out) {
  const std::int64_t stride = round_up(out);
  Aligned<float> packed(static_cast<std::size_t>(in * stride));
  for (std::int64_t o = 0; o < out; ++o) {
    for (std::int64_t i = 0; i < in; ++i) {
      packed[static_cast<std::size_t>(i * stride + o)] =
          weights[static_cast<std::size_t>(o * in + i)];
    }
  }
  return packed;
}

Aligned<float> pad_block(const std::vector<float>& values) {
  Aligned<float> padded(values.begin(), values.end());
  padded.resize(static_cast<std::size_t>(round_up(static_cast<std::int64_t>(values.size()))));
  return padded;
}

template std::int64_t packed_size(const Kernels<float>&, std::int64_t, std::int64_t);
template std::int64_t packed_size(const Kernels<Bfloat16>&, std::int64_t, std::int64_t);
template Aligned<float> pack_pointwise(const Kernels<float>&, const std::vector<float>&,
                                       std::int64_t, std::int64_t);
template Aligned<Bfloat16> pack_pointwise(const Kernels<Bfloat16>&, const std::vector<float>&,
                                          std::int64_t, std::int64_t);

}  // namespace xrayclf::kernels
