#include "xrayclf/model/precision.hpp"

#include <ATen/autocast_mode.h>

#include "xrayclf/core/error.hpp"

namespace xrayclf {

void check_precision(Precision precision, const torch::Device& device) {
  if (precision == Precision::float16 && !device.is_cuda()) {
    throw ConfigError("float16 needs a CUDA device; take bfloat16 on the CPU");
  }
}

PrecisionScope::PrecisionScope(Precision precision, const torch::Device& device)
    : device_(device.type()),
      was_enabled_(at::autocast::is_autocast_enabled(device_)),
      old_type_(at::autocast::get_autocast_dtype(device_)) {
  at::autocast::increment_nesting();
  at::autocast::set_autocast_enabled(device_, precision != Precision::float32);
  if (precision == Precision::float32) return;
  at::autocast::set_autocast_dtype(
      device_, precision == Precision::bfloat16 ? torch::kBFloat16 : torch::kHalf);
}

PrecisionScope::~PrecisionScope() {
  // Only the outermost scope forgets the weights' rounded copies.
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_dtype(device_, old_type_);
  at::autocast::set_autocast_enabled(device_, was_enabled_);
}

}  // namespace xrayclf
