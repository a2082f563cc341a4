#pragma once

#include <string>

#include <torch/torch.h>

#include <nlohmann/json.hpp>

namespace xrayclf {

/// {"built_for": ["cpu", "cuda"], "sees": ["cpu", "cuda:0 NVIDIA H100"]}
nlohmann::ordered_json device_report();

/// "auto" (the first CUDA device, or the CPU without one), "cpu", "cuda" (the first) or "cuda:N".
/// Throws ConfigError if `name` is none of these, and ResourceError that lists the devices there
/// are if the one asked for is not among them.
torch::Device select_device(const std::string& name);

}  // namespace xrayclf
