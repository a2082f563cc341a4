#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <torch/torch.h>
#include <opencv2/core.hpp>

#include "xrayclf/inference/engine.hpp"
#include "xrayclf/model/network.hpp"
#include "xrayclf/model/precision.hpp"

namespace xrayclf {

/// Where and how a frozen prefix is computed.
struct PrefixOptions {
  torch::Device device = torch::kCPU;
  Precision precision = Precision::float32;
  EngineKind engine = EngineKind::automatic;
  std::int64_t batch_size = 32;
  std::string title = "features";          ///< of the progress bar
  Precision storage = Precision::float32;  ///< numbers of the result
  /// Larger results lie in a file of `directory` that has no name and vanishes with the process.
  std::uint64_t memory_limit = std::uint64_t{1} << 62;
  std::filesystem::path directory;
};

/// Outputs of the units before `cut`, or pooled features where cut = unit_count(), of prepared
/// images on the CPU; `engine` is the network's.
torch::Tensor prefix_of(Engine& engine, const Network& network, std::int64_t cut,
                        const InputSpec& input, const std::vector<cv::Mat>& images);

/// Outputs of the units before `cut`, or pooled features where cut = unit_count(), of `count`
/// prepared images, on the CPU, one row an image. `image(i)` is called from several
/// threads. The network must be in evaluation mode on the device. Throws what `image` throws,
/// IoError, and Interrupted.
torch::Tensor prefix_outputs(Network& network, std::int64_t cut, const InputSpec& input,
                             std::int64_t count, const std::function<cv::Mat(std::int64_t)>& image,
                             const PrefixOptions& options);

}  // namespace xrayclf
