#include "kernels/kernels_of.hpp"
#include "kernels/simd_avx512.hpp"

namespace xrayclf::kernels {

constexpr Kernels<float> kAvx512Float = kKernelsOf<Avx512Simd, float>;
constexpr Kernels<Bfloat16> kAvx512Bfloat16 = kKernelsOf<Avx512Simd, Bfloat16>;

}  // namespace xrayclf::kernels
