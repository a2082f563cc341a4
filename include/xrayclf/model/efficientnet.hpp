#pragma once

#include <vector>

#include "xrayclf/model/architecture.hpp"

namespace xrayclf {

/// EfficientNet-B0 to B7 (Tan and Le, 2019) and EfficientNet-Lite0 to Lite4 (Liu, 2020). Parameters
/// are named as in torchvision: `features.0` the stem, `features.1` to `features.7` the stages,
/// `features.8` the last convolution, `classifier.1` the linear layer.
std::vector<Architecture> efficientnet_architectures();

}  // namespace xrayclf
