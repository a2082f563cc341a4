#pragma once

#include <memory>

#include "xrayclf/inference/engine.hpp"
#include "xrayclf/kernels/cpu_level.hpp"
#include "xrayclf/kernels/network_plan.hpp"

namespace xrayclf {

/// The engine of own kernels. `threads` >= 1.
std::unique_ptr<Engine> make_fused_engine(const kernels::NetworkPlan& plan, Precision precision,
                                          int threads, CpuLevel level);

}  // namespace xrayclf
