#include "xrayclf/kernels/network_plan.hpp"

#include <algorithm>

namespace xrayclf::kernels {

Extent convolve(std::int64_t size, std::int64_t kernel, std::int64_t stride, Padding padding) {
  if (padding == Padding::symmetric) {
    const std::int64_t pad = (kernel - 1) / 2;
    return {(size + 2 * pad - kernel) / stride + 1, pad};
  }
  const std::int64_t out = (size + stride - 1) / stride;
  return {out, std::max<std::int64_t>((out - 1) * stride + kernel - size, 0) / 2};
}

}  // namespace xrayclf::kernels
