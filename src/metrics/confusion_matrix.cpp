#include "xrayclf/metrics/confusion_matrix.hpp"

#include <cmath>
#include <limits>

namespace xrayclf {
namespace {

double ratio(std::int64_t numerator, std::int64_t denominator) {
  if (denominator == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(numerator) / static_cast<double>(denominator);
}

double weight(KappaWeights weights, std::int64_t i, std::int64_t j) {
  const auto distance = static_cast<double>(std::abs(i - j));
  switch (weights) {
    case KappaWeights::none:
      return i == j ? 0.0 : 1.0;
    case KappaWeights::linear:
      return distance;
    case KappaWeights::quadratic:
      return distance * distance;
  }
  return 0.0;
}

}  // namespace

double OneVersusRest::sensitivity() const { return ratio(tp, tp + fn); }
double OneVersusRest::specificity() const { return ratio(tn, tn + fp); }
double OneVersusRest::ppv() const { return ratio(tp, tp + fp); }
double OneVersusRest::npv() const { return ratio(tn, tn + fn); }
double OneVersusRest::f1() const { return ratio(2 * tp, 2 * tp + fp + fn); }

ConfusionMatrix::ConfusionMatrix(std::int64_t classes)
    : classes_(classes), counts_(static_cast<std::size_t>(classes * classes), 0) {}

ConfusionMatrix::ConfusionMatrix(std::int64_t classes, std::span<const std::int64_t> truth,
                                 std::span<const std::int64_t> predicted)
    : ConfusionMatrix(classes) {
  for (std::size_t i = 0; i < truth.size(); ++i) add(truth[i], predicted[i]);
}

void ConfusionMatrix::add(std::int64_t truth, std::int64_t predicted, std::int64_t count) {
  counts_[static_cast<std::size_t>(truth * classes_ + predicted)] += count;
}

std::int64_t ConfusionMatrix::operator()(std::int64_t truth, std::int64_t predicted) const {
  return counts_[static_cast<std::size_t>(truth * classes_ + predicted)];
}

std::int64_t ConfusionMatrix::total() const {
  std::int64_t sum = 0;
  for (const std::int64_t count : counts_) sum += count;
  return sum;
}

std::int64_t ConfusionMatrix::correct() const {
  std::int64_t sum = 0;
  for (std::int64_t c = 0; c < classes_; ++c) sum += (*this)(c, c);
  return sum;
}

std::int64_t ConfusionMatrix::row_sum(std::int64_t truth) const {
  std::int64_t sum = 0;
  for (std::int64_t c = 0; c < classes_; ++c) sum += (*this)(truth, c);
  return sum;
}

std::int64_t ConfusionMatrix::column_sum(std::int64_t predicted) const {
  std::int64_t sum = 0;
  for (std::int64_t c = 0; c < classes_; ++c) sum += (*this)(c, predicted);
  return sum;
}

OneVersusRest ConfusionMatrix::one_versus_rest(std::int64_t c) const {
  OneVersusRest out;
  out.tp = (*this)(c, c);
  out.fn = row_sum(c) - out.tp;
  out.fp = column_sum(c) - out.tp;
  out.tn = total() - out.tp - out.fn - out.fp;
  return out;
}

double ConfusionMatrix::accuracy() const { return ratio(correct(), total()); }

double ConfusionMatrix::balanced_accuracy() const {
  double sum = 0;
  std::int64_t present = 0;
  for (std::int64_t c = 0; c < classes_; ++c) {
    const std::int64_t support = row_sum(c);
    if (support == 0) continue;
    sum += ratio((*this)(c, c), support);
    ++present;
  }
  return present == 0 ? std::numeric_limits<double>::quiet_NaN()
                      : sum / static_cast<double>(present);
}

double ConfusionMatrix::cohen_kappa(KappaWeights weights) const {
  double observed = 0;
  double expected = 0;
  const auto n = static_cast<double>(total());
  for (std::int64_t i = 0; i < classes_; ++i) {
    const auto row = static_cast<double>(row_sum(i));
    for (std::int64_t j = 0; j < classes_; ++j) {
      const double w = weight(weights, i, j);
      observed += w * static_cast<double>((*this)(i, j));
      expected += w * row * static_cast<double>(column_sum(j)) / n;
    }
  }
  return expected == 0 ? std::numeric_limits<double>::quiet_NaN() : 1 - observed / expected;
}

double ConfusionMatrix::mcc() const {
  const auto n = static_cast<double>(total());
  double true_predicted = 0, true_true = 0, predicted_predicted = 0;
  for (std::int64_t c = 0; c < classes_; ++c) {
    const auto truth = static_cast<double>(row_sum(c));
    const auto predicted = static_cast<double>(column_sum(c));
    true_predicted += truth * predicted;
    true_true += truth * truth;
    predicted_predicted += predicted * predicted;
  }
  const double variance = (n * n - true_true) * (n * n - predicted_predicted);
  if (variance == 0) return 0;
  return (static_cast<double>(correct()) * n - true_predicted) / std::sqrt(variance);
}

}  // namespace xrayclf
