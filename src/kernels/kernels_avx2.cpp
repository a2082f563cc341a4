#include "kernels/kernels_of.hpp"
#include "kernels/simd_avx2.hpp"

namespace xrayclf::kernels {

constexpr Kernels<float> kAvx2Float = kKernelsOf<Avx2Simd, float>;
constexpr Kernels<Bfloat16> kAvx2Bfloat16 = kKernelsOf<Avx2Simd, Bfloat16>;

}  // namespace xrayclf::kernels
