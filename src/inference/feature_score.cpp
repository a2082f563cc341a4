#include "xrayclf/inference/feature_score.hpp"

#include <algorithm>
#include <limits>

namespace xrayclf {

FeatureStatistics fit_feature_statistics(const torch::Tensor& features,
                                         const std::vector<std::int64_t>& truth,
                                         std::int64_t classes) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor x = features.to(torch::kDouble);
  const torch::Tensor labels = torch::tensor(truth, torch::kLong);
  torch::Tensor means =
      torch::full({classes, x.size(1)}, std::numeric_limits<double>::infinity(), torch::kDouble);
  torch::Tensor centred = x.clone();
  for (std::int64_t c = 0; c < classes; ++c) {
    const torch::Tensor own = (labels == c).nonzero().flatten();
    if (own.numel() == 0) continue;
    means[c] = x.index_select(0, own).mean(0);
    centred.index_copy_(0, own, x.index_select(0, own) - means[c]);
  }
  const auto n = static_cast<double>(x.size(0));
  const auto channels = static_cast<double>(x.size(1));
  torch::Tensor covariance = centred.t().matmul(centred) / n;
  const double scale = std::max(covariance.trace().item<double>() / channels, 1e-12);
  const torch::Tensor identity = torch::eye(x.size(1), torch::kDouble);
  const double spread = (covariance - scale * identity).square().sum().item<double>();
  const double noise = (centred.square().sum(1).square().sum().item<double>() / n -
                        covariance.square().sum().item<double>()) /
                       n;
  const double shrinkage =
      spread > 0 ? std::clamp(noise / spread, 1e-6, 1.0) : 1.0;  // never quite singular
  covariance = shrinkage * scale * identity + (1 - shrinkage) * covariance;
  const torch::Tensor precision = torch::cholesky_inverse(torch::linalg_cholesky(covariance));
  return {means.to(torch::kFloat32), precision.to(torch::kFloat32).contiguous()};
}

torch::Tensor mahalanobis(const torch::Tensor& features, const FeatureStatistics& statistics) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor precision = statistics.precision.to(torch::kDouble);
  torch::Tensor nearest =
      torch::full({features.size(0)}, std::numeric_limits<double>::infinity(), torch::kDouble);
  for (std::int64_t c = 0; c < statistics.means.size(0); ++c) {
    const torch::Tensor mean = statistics.means[c].to(torch::kDouble);
    if (!mean.isfinite().all().item<bool>()) continue;
    const torch::Tensor off = features.to(torch::kDouble) - mean;
    nearest = torch::minimum(nearest, (off.matmul(precision) * off).sum(1));
  }
  return nearest;
}

torch::Tensor held_out_mahalanobis(const torch::Tensor& features,
                                   const std::vector<std::int64_t>& truth, std::int64_t classes,
                                   const std::vector<std::int64_t>& groups) {
  constexpr std::int64_t kFolds = 5;
  torch::Tensor out = torch::empty({features.size(0)}, torch::kDouble);
  for (std::int64_t fold = 0; fold < kFolds; ++fold) {
    std::vector<std::int64_t> inside;
    std::vector<std::int64_t> outside;
    std::vector<std::int64_t> labels;
    for (std::size_t i = 0; i < truth.size(); ++i) {
      const bool held_out = groups[i] % kFolds == fold;
      (held_out ? outside : inside).push_back(static_cast<std::int64_t>(i));
      if (!held_out) labels.push_back(truth[i]);
    }
    if (outside.empty()) continue;
    const torch::Tensor rows = torch::tensor(outside, torch::kLong);
    if (inside.empty()) {
      out.index_fill_(0, rows, std::numeric_limits<double>::infinity());
      continue;
    }
    const auto statistics = fit_feature_statistics(
        features.index_select(0, torch::tensor(inside, torch::kLong)), labels, classes);
    out.index_copy_(0, rows, mahalanobis(features.index_select(0, rows), statistics));
  }
  return out;
}

torch::Tensor energy(const torch::Tensor& logits) {
  return -logits.to(torch::kDouble).logsumexp(1);
}

}  // namespace xrayclf
