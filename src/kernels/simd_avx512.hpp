#pragma once

#include <immintrin.h>

#include <cstdint>

#include "xrayclf/kernels/bfloat16.hpp"

namespace xrayclf::kernels {
namespace {

/// Sixteen numbers at a time; see simd_generic.hpp for what the members do.
struct Avx512Simd {
  static constexpr int width = 16;
  static constexpr int tile_rows = 14;  // 28 sums and 2 columns in 32 registers
  using Floats = __m512;
  using Pairs = __m512i;

  static Floats set(float x) { return _mm512_set1_ps(x); }
  static Floats load(const float* p) { return _mm512_loadu_ps(p); }
  static Floats load(const Bfloat16* p) {
    const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
  }
  static void store(float* p, Floats x) { _mm512_storeu_ps(p, x); }
  static void store(Bfloat16* p, Floats x) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p),
                        _mm512_cvtepi32_epi16(_mm512_srli_epi32(rounded(x), 16)));
  }
  static Floats add(Floats a, Floats b) { return _mm512_add_ps(a, b); }
  static Floats subtract(Floats a, Floats b) { return _mm512_sub_ps(a, b); }
  static Floats multiply(Floats a, Floats b) { return _mm512_mul_ps(a, b); }
  static Floats multiply_add(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }
  // The instructions give their second operand when one is NaN.
  static Floats at_least(Floats bound, Floats x) { return _mm512_max_ps(bound, x); }
  static Floats at_most(Floats bound, Floats x) { return _mm512_min_ps(bound, x); }
  static Floats round(Floats x) {
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  // Below, scalef gives 0 by itself; infinity above would have no reciprocal.
  static Floats clamp_power(Floats x) { return at_most(set(126.0F), x); }
  static Floats scale_by_power(Floats x, Floats n) { return _mm512_scalef_ps(x, n); }
  static Floats rough_reciprocal(Floats x) { return _mm512_rcp14_ps(x); }
  static Floats reciprocal(Floats x) {
    // One step of Newton's method doubles the 14 bits.
    const Floats rough = _mm512_rcp14_ps(x);
    const Floats error = _mm512_fnmadd_ps(x, rough, _mm512_set1_ps(1.0F));
    return _mm512_fmadd_ps(rough, error, rough);
  }

  static Pairs load_pairs(const Bfloat16* p) { return _mm512_loadu_si512(p); }
  static void store_pairs(Bfloat16* p, Pairs x) { _mm512_storeu_si512(p, x); }
  static Pairs set_pair(const Bfloat16* p) {
    std::int32_t pair;
    __builtin_memcpy(&pair, p, sizeof pair);
    return _mm512_set1_epi32(pair);
  }
  static Floats first(Pairs x) { return _mm512_castsi512_ps(_mm512_slli_epi32(x, 16)); }
  static Floats second(Pairs x) {
    return _mm512_castsi512_ps(_mm512_and_si512(x, _mm512_set1_epi32(kUpper)));
  }
  static Pairs join(Floats first, Floats second) {
    return _mm512_or_si512(_mm512_srli_epi32(rounded(first), 16),
                           _mm512_and_si512(rounded(second), _mm512_set1_epi32(kUpper)));
  }
  static Floats add_dot(Floats sum, Pairs a, Pairs b) {
    return multiply_add(second(a), second(b), multiply_add(first(a), first(b), sum));
  }

 private:
  static constexpr int kUpper = static_cast<int>(0xffff0000U);
  /// Bits whose upper halves are x as Bfloat16.
  static __m512i rounded(Floats x) {
    const __m512i bits = _mm512_castps_si512(x);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    const __m512i up = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
    return _mm512_mask_or_epi32(up, _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q), bits,
                                _mm512_set1_epi32(0x400000));
  }
};

}  // namespace
}  // namespace xrayclf::kernels
