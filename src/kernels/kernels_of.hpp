#pragma once

#include "kernels/depthwise.hpp"
#include "kernels/pointwise.hpp"
#include "kernels/small_kernels.hpp"

/// The kernels are templates over a Simd type. Each set of instructions has one source that
/// compiles them under its own flags; everything has internal linkage or is always inlined, so that
/// the linker never takes a copy with wide instructions for all.
namespace xrayclf::kernels {
namespace {

template <class S, class T>
inline constexpr Kernels<T> kKernelsOf = {S::tile_rows,     2 * S::width,        pointwise<S, T>,
                                          depthwise<S, T>,  stem<S, T>,          dense<S>,
                                          scale_rows<S, T>, scale_weights<S, T>, add_rows<S, T>};

}  // namespace

extern const Kernels<float> kGenericFloat;
extern const Kernels<Bfloat16> kGenericBfloat16;
extern const Kernels<float> kAvx2Float;
extern const Kernels<Bfloat16> kAvx2Bfloat16;
extern const Kernels<float> kAvx512Float;
extern const Kernels<Bfloat16> kAvx512Bfloat16;
extern const Kernels<Bfloat16> kAvx512Bf16Bfloat16;

}  // namespace xrayclf::kernels
