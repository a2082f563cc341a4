#include "xrayclf/model/precision.hpp"

#include <ATen/autocast_mode.h>

namespace xrayclf {

PrecisionScope::PrecisionScope(Precision precision, const torch::Device& device)
    : device_(device.type()),
      was_enabled_(at::autocast::is_autocast_enabled(device_)),
      old_type_(at::autocast::get_autocast_dtype(device_)) {
  at::autocast::increment_nesting();
  at::autocast::set_autocast_enabled(device_, precision == Precision::bfloat16);
  if (precision == Precision::bfloat16) at::autocast::set_autocast_dtype(device_, torch::kBFloat16);
}

PrecisionScope::~PrecisionScope() {
  // Only the outermost scope forgets the weights' bfloat16 copies.
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_dtype(device_, old_type_);
  at::autocast::set_autocast_enabled(device_, was_enabled_);
}

}  // namespace xrayclf
