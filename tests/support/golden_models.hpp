#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <torch/torch.h>

#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "support/formula_weights.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/model/input.hpp"

/// Golden vectors of networks. XRAYCLF_GOLDEN_MODELS names another directory of the same kind of
/// files, for example a set made from another seed.
namespace xrayclf::testing {

inline std::filesystem::path golden_models_directory() {
  const char* other = std::getenv("XRAYCLF_GOLDEN_MODELS");
  return other != nullptr ? other : XRAYCLF_TEST_DATA "/golden/models";
}

inline nlohmann::json read_golden_model(const std::string& name) {
  return read_json_file(golden_models_directory() / (name + ".json"));
}

/// An 8-bit binary PGM beside the golden files; the real X-rays are not in the repository, so there
/// may be none.
inline std::optional<cv::Mat> read_golden_pgm(const std::string& file) {
  const std::filesystem::path shared = XRAYCLF_SHARED "/golden/models";
  const bool other = std::getenv("XRAYCLF_GOLDEN_MODELS") != nullptr;
  const std::filesystem::path path = (other ? golden_models_directory() : shared) / file;
  if (!std::filesystem::exists(path)) return std::nullopt;
  const std::string text = read_file(path);
  int width = 0;
  int height = 0;
  int begin = 0;
  if (std::sscanf(text.c_str(), "P5 %d %d 255%n", &width, &height, &begin) != 2)
    return std::nullopt;
  cv::Mat image(height, width, CV_8UC1);
  std::copy_n(text.begin() + begin + 1, static_cast<std::size_t>(width) * height, image.data);
  return image;
}

/// An input of a golden file, float32 [1, 3, H, W]; none for a real image that is not here.
inline std::optional<torch::Tensor> golden_input(const nlohmann::json& golden,
                                                 const std::string& name) {
  for (const nlohmann::json& input : golden.at("inputs")) {
    if (input.at("name") != name) continue;
    if (input.at("kind") == "formula") {
      const std::string salt = golden.at("weights").at("salt");
      return formula_tensor(salt + name, input.at("shape").get<std::vector<int64_t>>(),
                            input.at("lo"), input.at("hi"));
    }
    const std::optional<cv::Mat> image = read_golden_pgm(input.at("resized_pgm"));
    if (!image) return std::nullopt;
    return to_input({*image}, input_spec_from_json(input));
  }
  return std::nullopt;
}

inline torch::Tensor to_tensor(const nlohmann::json& values) {
  return torch::tensor(values.get<std::vector<double>>(), torch::kFloat64);
}

}  // namespace xrayclf::testing
