#include "xrayclf/training/epoch_metrics.hpp"

#include <cmath>

#include "xrayclf/metrics/probabilities.hpp"
#include "xrayclf/metrics/roc.hpp"

namespace xrayclf {
namespace {

/// Mean of the classes' one-against-the-rest AUROC, of those where it is defined; NaN where none
/// is.
double macro_auroc(const std::vector<double>& probabilities,
                   const std::vector<std::int64_t>& targets, std::int64_t classes) {
  const ProbabilityMatrix matrix{probabilities, classes};
  double sum = 0;
  int defined = 0;
  for (std::int64_t c = 0; c < classes; ++c) {
    std::vector<double> scores(targets.size());
    for (std::size_t i = 0; i < scores.size(); ++i) {
      scores[i] = matrix(static_cast<std::int64_t>(i), c);
    }
    const double area = auroc(scores, is_class(targets, c));
    if (std::isnan(area)) continue;
    sum += area;
    ++defined;
  }
  return defined == 0 ? std::nan("") : sum / defined;
}

}  // namespace

EpochMetrics epoch_metrics(double loss_sum, const std::vector<torch::Tensor>& logits,
                           const std::vector<std::int64_t>& targets, std::int64_t classes) {
  const torch::Tensor probabilities = torch::cat(logits).to(torch::kDouble).softmax(1).contiguous();
  const double* at = probabilities.data_ptr<double>();
  const std::vector<double> values(at, at + probabilities.numel());
  const torch::Tensor hits = probabilities.argmax(1).eq(torch::tensor(targets, torch::kLong)).sum();
  const auto count = static_cast<double>(targets.size());
  return {loss_sum / count, hits.item<double>() / count, macro_auroc(values, targets, classes)};
}

}  // namespace xrayclf
