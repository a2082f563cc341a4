#include "kernels/kernels_of.hpp"
#include "kernels/simd_generic.hpp"

namespace xrayclf::kernels {

constexpr Kernels<float> kGenericFloat = kKernelsOf<GenericSimd, float>;
constexpr Kernels<Bfloat16> kGenericBfloat16 = kKernelsOf<GenericSimd, Bfloat16>;

}  // namespace xrayclf::kernels
