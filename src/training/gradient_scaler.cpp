#include "xrayclf/training/gradient_scaler.hpp"

#include <vector>

namespace xrayclf {
namespace {
constexpr double kScaleGrowth = 2;
constexpr double kBackoff = 0.5;
constexpr std::int64_t kGrowthInterval = 2000;
}  // namespace

bool GradientScaler::unscale(Optimizer& optimizer) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> gradients;
  for (const Optimizer::Slot& slot : optimizer.slots()) {
    if (slot.parameter.grad().defined()) gradients.push_back(slot.parameter.grad());
  }
  if (gradients.empty()) return true;
  torch::Tensor found = torch::zeros({1}, gradients.front().options().dtype(torch::kFloat32));
  const torch::Tensor inverse = torch::full_like(found, 1.0 / state_.scale);
  at::_amp_foreach_non_finite_check_and_unscale_(gradients, found, inverse);
  if (found.item<float>() != 0) {
    state_.scale *= kBackoff;
    state_.good_steps = 0;
    ++state_.skipped_steps;
    return false;
  }
  if (++state_.good_steps == kGrowthInterval) {
    state_.scale *= kScaleGrowth;
    state_.good_steps = 0;
  }
  return true;
}

}  // namespace xrayclf
