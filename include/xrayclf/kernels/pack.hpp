#pragma once

#include <cstdint>
#include <vector>

#include "xrayclf/kernels/aligned.hpp"
#include "xrayclf/kernels/kernels.hpp"

namespace xrayclf::kernels {

/// Elements that packed weights take.
template <class T>
std::int64_t packed_size(const Kernels<T>& kernels, std::int64_t depth, std::int64_t columns);

/// The weights of a 1x1 convolution [columns][depth] in the order in which the kernel reads them:
/// panels of columns, in each one row after the other, Bfloat16 in pairs of rows; zeros where
/// columns end before a vector does, or depth before a pair.
template <class T>
Aligned<T> pack_pointwise(const Kernels<T>& kernels, const std::vector<float>& weights,
                          std::int64_t depth, std::int64_t columns);

/// [channels][kernel * kernel] -> [blocks of 16 channels][kernel * kernel][16]
Aligned<float> pack_depthwise(const std::vector<float>& weights, std::int64_t channels,
                              std::int64_t kernel);

/// [out][in] -> [in][out rounded up]
Aligned<float> pack_dense(const std::vector<float>& weights, std::int64_t in, std::int64_t out);

/// Zeros up to a multiple of 16.
Aligned<float> pad_block(const std::vector<float>& values);

}  // namespace xrayclf::kernels
