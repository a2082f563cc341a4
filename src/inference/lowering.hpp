#pragma once

#include <optional>
#include <string>

#include "xrayclf/kernels/network_plan.hpp"
#include "xrayclf/model/network.hpp"

namespace xrayclf {

/// The network in evaluation mode as plain numbers: every batch normalisation folded into the
/// convolution or dense layer beside it, and the conversion of grey values into the stem. None, and
/// `obstacle` says why, if a part of it has no kernels.
std::optional<kernels::NetworkPlan> lower(Network& network, const InputSpec& input,
                                          std::string& obstacle);

}  // namespace xrayclf
