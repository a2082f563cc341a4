#include "kernels/kernels_of.hpp"
#include "kernels/simd_avx512_bf16.hpp"

namespace xrayclf::kernels {

constexpr Kernels<Bfloat16> kAvx512Bf16Bfloat16 = kKernelsOf<Avx512Bf16Simd, Bfloat16>;

}  // namespace xrayclf::kernels
