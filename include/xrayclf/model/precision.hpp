#pragma once

#include <array>
#include <string_view>
#include <utility>

#include <torch/torch.h>

#include "xrayclf/core/fields.hpp"

namespace xrayclf {

/// In what numbers convolutions and matrix products are computed. Parameters stay float32.
enum class Precision {
  float32,
  bfloat16,
  float16,  ///< on CUDA only; training then scales its loss, see training/gradient_scaler.hpp
};
template <>
struct EnumNames<Precision> {
  static constexpr std::array<std::pair<Precision, std::string_view>, 3> value{
      {{Precision::float32, "float32"},
       {Precision::bfloat16, "bfloat16"},
       {Precision::float16, "float16"}}};
};

/// Throws ConfigError for float16 on the CPU, which has no fast arithmetic for it.
void check_precision(Precision precision, const torch::Device& device);

/// While it lives, this thread computes on `device` in that precision (torch's autocast).
class PrecisionScope {
 public:
  PrecisionScope(Precision precision, const torch::Device& device);
  ~PrecisionScope();
  PrecisionScope(const PrecisionScope&) = delete;
  PrecisionScope& operator=(const PrecisionScope&) = delete;

 private:
  torch::DeviceType device_;
  bool was_enabled_;
  torch::ScalarType old_type_;
};

}  // namespace xrayclf
