#include "xrayclf/explain/class_map.hpp"

#include <stdexcept>
#include <vector>

namespace xrayclf {
namespace {

torch::Tensor over_map(const torch::Tensor& x) { return x.sum({2, 3}, true); }

}  // namespace

bool uses_activations(CamMethod method) {
  switch (method) {
    case CamMethod::occlusion:
    case CamMethod::integrated_gradients:
    case CamMethod::smoothgrad:
      return false;
    default:
      return true;
  }
}

bool uses_gradient(CamMethod method) {
  switch (method) {
    case CamMethod::gradcam:
    case CamMethod::gradcam_plus_plus:
    case CamMethod::hirescam:
    case CamMethod::xgradcam:
    case CamMethod::layercam:
    case CamMethod::eigengradcam:
      return true;
    default:
      return false;
  }
}

torch::Tensor weighted_channels(CamMethod method, const torch::Tensor& activations,
                                const torch::Tensor& gradient) {
  const torch::Tensor a = activations.to(torch::kFloat64);
  if (method == CamMethod::eigencam) return a;
  if (!uses_gradient(method)) throw std::logic_error("not a method of activations and gradient");
  const torch::Tensor g = gradient.to(torch::kFloat64);
  switch (method) {
    case CamMethod::gradcam:
      return g.mean({2, 3}, true) * a;
    case CamMethod::gradcam_plus_plus: {
      const torch::Tensor squared = g * g;
      const torch::Tensor share = squared / (2 * squared + over_map(a) * squared * g + 1e-6);
      return over_map(g.clamp_min(0) * torch::where(g != 0, share, torch::zeros_like(share))) * a;
    }
    case CamMethod::xgradcam:
      return over_map(g * a / (over_map(a) + 1e-7)) * a;
    case CamMethod::layercam:
      return g.clamp_min(0) * a;
    default:
      return g * a;
  }
}

torch::Tensor sum_channels(const torch::Tensor& channels) { return channels.sum(1); }

torch::Tensor principal_channel(const torch::Tensor& channels) {
  std::vector<torch::Tensor> maps;
  for (const torch::Tensor& image : channels.unbind(0)) {
    torch::Tensor rows = image.flatten(1).t().to(torch::kFloat64);
    rows = rows - rows.mean(0, true);
    // The eigenvectors of the smaller of the two products say the same as the decomposition of the
    // long matrix; eigh() sorts them with the largest last.
    torch::Tensor map;
    if (rows.size(0) <= rows.size(1)) {
      const auto [values, vectors] = torch::linalg_eigh(rows.matmul(rows.t()));
      map = vectors.select(1, -1) * values[-1].clamp_min(0).sqrt();
    } else {
      const auto [values, vectors] = torch::linalg_eigh(rows.t().matmul(rows));
      map = rows.matmul(vectors.select(1, -1));
    }
    const torch::Tensor agreement = (map * rows.sum(1)).sum();
    if (agreement.item<double>() < 0) map = -map;
    maps.push_back(map.view({image.size(1), image.size(2)}));
  }
  return torch::stack(maps);
}

}  // namespace xrayclf
