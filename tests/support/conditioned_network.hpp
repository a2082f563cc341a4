#pragma once

#include <vector>

#include <torch/torch.h>
#include <opencv2/core.hpp>

#include "xrayclf/model/input.hpp"
#include "xrayclf/model/network.hpp"

namespace xrayclf::testing {

/// Sets the statistics of all batch normalisations to those of these images, and leaves evaluation
/// mode. Of other images, channels that hardly vary here would be divided by next to nothing, and
/// what two computations differ by in rounding would grow to any size on the way through.
inline void condition_on(Network& network, const std::vector<cv::Mat>& images,
                         const InputSpec& input) {
  const torch::NoGradGuard no_grad;
  for (const auto& module : network.modules()) {
    if (auto* norm = module->as<torch::nn::BatchNorm2d>()) norm->options.momentum(1.0);
    if (auto* norm = module->as<torch::nn::BatchNorm1d>()) norm->options.momentum(1.0);
  }
  network.train();
  network.forward(to_input(images, input));
  network.eval();
  for (const auto& module : network.modules()) {
    auto* norm = module->as<torch::nn::BatchNorm2d>();
    if (norm == nullptr) continue;
    norm->running_var.clamp_min_(0.5 * norm->running_var.mean().item<double>());
  }
}

}  // namespace xrayclf::testing
