#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "xrayclf/kernels/bfloat16.hpp"

namespace xrayclf::kernels {
namespace {

/// Four numbers at a time in plain C++. The other Simd types have the same members.
struct GenericSimd {
  static constexpr int width = 4;
  static constexpr int tile_rows = 4;
  struct Floats {
    float lane[4];
  };
  /// Bfloat16 pairs, the first of each pair in the lower half.
  struct Pairs {
    std::uint32_t lane[4];
  };

  template <class Function>
  static Floats each(Function function) {
    return {{function(0), function(1), function(2), function(3)}};
  }
  static Floats set(float x) { return {{x, x, x, x}}; }
  static Floats load(const float* p) { return {{p[0], p[1], p[2], p[3]}}; }
  static Floats load(const Bfloat16* p) {
    return each([&](int i) { return to_float(p[i]); });
  }
  static void store(float* p, Floats x) {
    for (int i = 0; i < 4; ++i) p[i] = x.lane[i];
  }
  static void store(Bfloat16* p, Floats x) {
    for (int i = 0; i < 4; ++i) p[i] = to_bfloat16(x.lane[i]);
  }
  static Floats add(Floats a, Floats b) {
    return each([&](int i) { return a.lane[i] + b.lane[i]; });
  }
  static Floats subtract(Floats a, Floats b) {
    return each([&](int i) { return a.lane[i] - b.lane[i]; });
  }
  static Floats multiply(Floats a, Floats b) {
    return each([&](int i) { return a.lane[i] * b.lane[i]; });
  }
  /// a * b + c
  static Floats multiply_add(Floats a, Floats b, Floats c) {
    return each([&](int i) { return a.lane[i] * b.lane[i] + c.lane[i]; });
  }
  /// NaN in x stays; bound holds none.
  static Floats at_least(Floats bound, Floats x) {
    return each([&](int i) { return x.lane[i] < bound.lane[i] ? bound.lane[i] : x.lane[i]; });
  }
  static Floats at_most(Floats bound, Floats x) {
    return each([&](int i) { return x.lane[i] > bound.lane[i] ? bound.lane[i] : x.lane[i]; });
  }
  static Floats round(Floats x) {
    return each([&](int i) { return std::nearbyint(x.lane[i]); });
  }
  /// Into the range in which scale_by_power() is right; NaN stays.
  static Floats clamp_power(Floats x) { return at_least(set(-125.0F), at_most(set(126.0F), x)); }
  /// x * 2^n for x in [1/2, 2) and whole n out of that range
  static Floats scale_by_power(Floats x, Floats n) {
    return each([&](int i) {
      // Out of a NaN's reach: its conversion would be undefined.
      if (!(n.lane[i] >= -125.0F)) return x.lane[i];
      const auto power = static_cast<std::uint32_t>(static_cast<std::int32_t>(n.lane[i]));
      return std::bit_cast<float>(std::bit_cast<std::uint32_t>(x.lane[i]) + (power << 23));
    });
  }
  /// 1 / x, and the same to about 12 bits
  static Floats reciprocal(Floats x) {
    return each([&](int i) { return 1.0F / x.lane[i]; });
  }
  static Floats rough_reciprocal(Floats x) { return reciprocal(x); }

  static Pairs load_pairs(const Bfloat16* p) {
    Pairs out;
    for (int i = 0; i < 4; ++i)
      out.lane[i] = p[2 * i].bits | std::uint32_t{p[2 * i + 1].bits} << 16;
    return out;
  }
  static void store_pairs(Bfloat16* p, Pairs x) {
    for (int i = 0; i < 4; ++i) {
      p[2 * i].bits = static_cast<std::uint16_t>(x.lane[i]);
      p[2 * i + 1].bits = static_cast<std::uint16_t>(x.lane[i] >> 16);
    }
  }
  static Pairs set_pair(const Bfloat16* p) {
    const std::uint32_t pair = p[0].bits | std::uint32_t{p[1].bits} << 16;
    return {{pair, pair, pair, pair}};
  }
  static Floats first(Pairs x) {
    return each([&](int i) { return std::bit_cast<float>(x.lane[i] << 16); });
  }
  static Floats second(Pairs x) {
    return each([&](int i) { return std::bit_cast<float>(x.lane[i] & 0xffff0000U); });
  }
  static Pairs join(Floats first, Floats second) {
    Pairs out;
    for (int i = 0; i < 4; ++i) {
      out.lane[i] =
          to_bfloat16(first.lane[i]).bits | std::uint32_t{to_bfloat16(second.lane[i]).bits} << 16;
    }
    return out;
  }
  /// sum + a.first * b.first + a.second * b.second
  static Floats add_dot(Floats sum, Pairs a, Pairs b) {
    return multiply_add(second(a), second(b), multiply_add(first(a), first(b), sum));
  }
};

}  // namespace
}  // namespace xrayclf::kernels
