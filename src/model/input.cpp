#include "xrayclf/model/input.hpp"

#include <cmath>
#include <string>

#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {

using Tables = std::array<std::array<float, 256>, 3>;

Tables make_tables(const InputSpec& spec) {
  Tables tables;
  for (size_t c = 0; c < 3; ++c) {
    for (size_t v = 0; v < 256; ++v) {
      tables[c][v] = (static_cast<float>(v) / 255.0F - static_cast<float>(spec.mean[c])) /
                     static_cast<float>(spec.std[c]);
    }
  }
  return tables;
}

std::array<double, 3> triple(const nlohmann::json& in, const char* name) {
  std::array<double, 3> out{};
  const auto found = in.find(name);
  if (found == in.end() || !found->is_array() || found->size() != 3) {
    throw ConfigError(std::string("input ") + name + " must be a list of three numbers");
  }
  for (size_t c = 0; c < 3; ++c) {
    if (!(*found)[c].is_number()) {
      throw ConfigError(std::string("input ") + name + " must be a list of three numbers");
    }
    out[c] = (*found)[c].get<double>();
  }
  return out;
}

}  // namespace

nlohmann::json to_json(const InputSpec& spec) { return {{"mean", spec.mean}, {"std", spec.std}}; }

InputSpec input_spec_from_json(const nlohmann::json& in) {
  if (!in.is_object()) throw ConfigError("input must be an object with mean and std");
  const InputSpec spec{triple(in, "mean"), triple(in, "std")};
  for (size_t c = 0; c < 3; ++c) {
    if (!std::isfinite(spec.mean[c])) throw ConfigError("input mean must be finite");
    if (!(spec.std[c] > 0.0) || !std::isfinite(spec.std[c])) {
      throw ConfigError("input std must be > 0");
    }
  }
  return spec;
}

torch::Tensor to_input(const std::vector<cv::Mat>& images, const InputSpec& spec) {
  if (images.empty()) throw DataError("no image to feed the network with");
  const cv::Size size = images.front().size();
  const Tables tables = make_tables(spec);
  torch::Tensor out =
      torch::empty({static_cast<int64_t>(images.size()), 3, size.height, size.width});
  float* values = out.data_ptr<float>();
  for (const cv::Mat& image : images) {
    if (image.type() != CV_8UC1 || image.size() != size || image.empty()) {
      throw DataError("images of a batch must be 8-bit grey and of one size");
    }
    for (const auto& table : tables) {
      for (int y = 0; y < size.height; ++y) {
        const uchar* row = image.ptr<uchar>(y);
        for (int x = 0; x < size.width; ++x) *values++ = table[row[x]];
      }
    }
  }
  return out;
}

torch::Tensor to_input(const torch::Tensor& grey, const InputSpec& spec) {
  if (grey.dim() != 3 || grey.scalar_type() != torch::kUInt8 || !grey.device().is_cpu() ||
      grey.numel() == 0) {
    throw DataError("images of a batch must be an 8-bit tensor [N, H, W] on the CPU");
  }
  const torch::Tensor packed = grey.contiguous();
  std::vector<cv::Mat> images;
  for (int64_t i = 0; i < packed.size(0); ++i) {
    images.emplace_back(static_cast<int>(packed.size(1)), static_cast<int>(packed.size(2)), CV_8UC1,
                        packed[i].data_ptr<uint8_t>());
  }
  return to_input(images, spec);
}

}  // namespace xrayclf
