#pragma once

#include <immintrin.h>

#include <cstdint>

#include "xrayclf/kernels/bfloat16.hpp"

namespace xrayclf::kernels {
namespace {

/// Eight numbers at a time; see simd_generic.hpp for what the members do.
struct Avx2Simd {
  static constexpr int width = 8;
  static constexpr int tile_rows = 6;  // 12 sums, 2 columns and 1 row in 16 registers
  using Floats = __m256;
  using Pairs = __m256i;

  static Floats set(float x) { return _mm256_set1_ps(x); }
  static Floats load(const float* p) { return _mm256_loadu_ps(p); }
  static Floats load(const Bfloat16* p) {
    const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
  }
  static void store(float* p, Floats x) { _mm256_storeu_ps(p, x); }
  static void store(Bfloat16* p, Floats x) {
    const __m256i wide = _mm256_srli_epi32(rounded(x), 16);
    const __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi32(wide, wide), 0b1000);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_castsi256_si128(packed));
  }
  static Floats add(Floats a, Floats b) { return _mm256_add_ps(a, b); }
  static Floats subtract(Floats a, Floats b) { return _mm256_sub_ps(a, b); }
  static Floats multiply(Floats a, Floats b) { return _mm256_mul_ps(a, b); }
  static Floats multiply_add(Floats a, Floats b, Floats c) { return _mm256_fmadd_ps(a, b, c); }
  // The instructions give their second operand when one is NaN.
  static Floats at_least(Floats bound, Floats x) { return _mm256_max_ps(bound, x); }
  static Floats at_most(Floats bound, Floats x) { return _mm256_min_ps(bound, x); }
  static Floats round(Floats x) {
    return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  static Floats clamp_power(Floats x) { return at_least(set(-125.0F), at_most(set(126.0F), x)); }
  static Floats scale_by_power(Floats x, Floats n) {
    // Added to the exponent. A NaN's n is 2^31 and moves nothing.
    const __m256i power = _mm256_slli_epi32(_mm256_cvtps_epi32(n), 23);
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(x), power));
  }
  static Floats rough_reciprocal(Floats x) { return _mm256_rcp_ps(x); }
  static Floats reciprocal(Floats x) {
    // One step of Newton's method doubles the 12 bits.
    const Floats rough = _mm256_rcp_ps(x);
    const Floats error = _mm256_fnmadd_ps(x, rough, _mm256_set1_ps(1.0F));
    return _mm256_fmadd_ps(rough, error, rough);
  }

  static Pairs load_pairs(const Bfloat16* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  static void store_pairs(Bfloat16* p, Pairs x) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), x);
  }
  static Pairs set_pair(const Bfloat16* p) {
    std::int32_t pair;
    __builtin_memcpy(&pair, p, sizeof pair);
    return _mm256_set1_epi32(pair);
  }
  static Floats first(Pairs x) { return _mm256_castsi256_ps(_mm256_slli_epi32(x, 16)); }
  static Floats second(Pairs x) {
    return _mm256_castsi256_ps(_mm256_and_si256(x, _mm256_set1_epi32(kUpper)));
  }
  static Pairs join(Floats first, Floats second) {
    return _mm256_or_si256(_mm256_srli_epi32(rounded(first), 16),
                           _mm256_and_si256(rounded(second), _mm256_set1_epi32(kUpper)));
  }
  static Floats add_dot(Floats sum, Pairs a, Pairs b) {
    return multiply_add(second(a), second(b), multiply_add(first(a), first(b), sum));
  }

 private:
  static constexpr int kUpper = static_cast<int>(0xffff0000U);
  /// Bits whose upper halves are x as Bfloat16.
  static __m256i rounded(Floats x) {
    const __m256i bits = _mm256_castps_si256(x);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    const __m256i up = _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
    const __m256i nan = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
    return _mm256_blendv_epi8(up, nan, _mm256_castps_si256(_mm256_cmp_ps(x, x, _CMP_UNORD_Q)));
  }
};

}  // namespace
}  // namespace xrayclf::kernels
