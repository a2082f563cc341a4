#pragma once

#include <array>
#include <vector>

#include <torch/torch.h>

#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

namespace xrayclf {

/// How an 8-bit grey value becomes the network's input: (value / 255 - mean) / std for each of the
/// three channels, all made from the same grey image. The default is ImageNet's.
struct InputSpec {
  std::array<double, 3> mean{0.485, 0.456, 0.406};
  std::array<double, 3> std{0.229, 0.224, 0.225};

  bool operator==(const InputSpec&) const = default;
};

/// {"mean": [r, g, b], "std": [r, g, b]}
nlohmann::json to_json(const InputSpec& spec);
/// Throws ConfigError if a mean is not finite or a std is not above 0.
InputSpec input_spec_from_json(const nlohmann::json& in);

/// CV_8UC1 images of one size -> float32 tensor [N, 3, H, W] on the CPU. The arithmetic is float32,
/// as numpy's and torchvision's, so that values equal theirs bit for bit. Throws DataError if the
/// list is empty, or an image is of another type or size.
torch::Tensor to_input(const std::vector<cv::Mat>& images, const InputSpec& spec);

/// The same for grey values already in a tensor: uint8 [N, H, W] on the CPU.
torch::Tensor to_input(const torch::Tensor& grey, const InputSpec& spec);

}  // namespace xrayclf
