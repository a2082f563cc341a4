#include "xrayclf/kernels/cpu_level.hpp"

namespace xrayclf {

std::vector<CpuLevel> cpu_levels() {
  std::vector<CpuLevel> levels = {CpuLevel::generic};
#if defined(__x86_64__)
  // The compiler's builtins ask the operating system, too, whether it saves the wide registers.
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return levels;
  levels.push_back(CpuLevel::avx2);
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl")) {
    return levels;
  }
  levels.push_back(CpuLevel::avx512);
  if (__builtin_cpu_supports("avx512bf16")) levels.push_back(CpuLevel::avx512_bf16);
#endif
  return levels;
}

CpuLevel best_cpu_level() {
  static const CpuLevel best = cpu_levels().back();
  return best;
}

}  // namespace xrayclf
