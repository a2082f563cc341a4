#pragma once

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "xrayclf/core/fields.hpp"

namespace xrayclf {

/// Sets of vector instructions that the kernels are written for, each including those before it.
enum class CpuLevel {
  generic,      ///< plain C++
  avx2,         ///< AVX2 and FMA
  avx512,       ///< AVX-512 F, BW, DQ and VL
  avx512_bf16,  ///< and AVX512-BF16: products of bfloat16 pairs in one instruction
};
template <>
struct EnumNames<CpuLevel> {
  static constexpr std::array<std::pair<CpuLevel, std::string_view>, 4> value{
      {{CpuLevel::generic, "generic"},
       {CpuLevel::avx2, "avx2"},
       {CpuLevel::avx512, "avx512"},
       {CpuLevel::avx512_bf16, "avx512_bf16"}}};
};

/// What this processor has and this program was compiled for, from generic upwards.
std::vector<CpuLevel> cpu_levels();

/// The highest of them.
CpuLevel best_cpu_level();

}  // namespace xrayclf
