#include "kernels/kernels_of.hpp"

namespace xrayclf::kernels {

template <>
const Kernels<float>& kernels<float>(CpuLevel level) {
#if defined(__x86_64__)
  if (level >= CpuLevel::avx512) return kAvx512Float;
  if (level == CpuLevel::avx2) return kAvx2Float;
#endif
  static_cast<void>(level);
  return kGenericFloat;
}

template <>
const Kernels<Bfloat16>& kernels<Bfloat16>(CpuLevel level) {
#if defined(__x86_64__)
  if (level == CpuLevel::avx512_bf16) return kAvx512Bf16Bfloat16;
  if (level == CpuLevel::avx512) return kAvx512Bfloat16;
  if (level == CpuLevel::avx2) return kAvx2Bfloat16;
#endif
  static_cast<void>(level);
  return kGenericBfloat16;
}

}  // namespace xrayclf::kernels
