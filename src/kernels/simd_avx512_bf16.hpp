#pragma once

#include "kernels/simd_avx512.hpp"

namespace xrayclf::kernels {
namespace {

/// Avx512Simd with the instructions that convert to Bfloat16 and multiply pairs of it.
struct Avx512Bf16Simd : Avx512Simd {
  using Avx512Simd::store;
  static void store(Bfloat16* p, Floats x) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p),
                        reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(x)));
  }
  static Floats add_dot(Floats sum, Pairs a, Pairs b) {
    return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b));
  }
};

}  // namespace
}  // namespace xrayclf::kernels
