#include "xrayclf/metrics/calibration.hpp"

#include <algorithm>
#include <cmath>

namespace xrayclf {

std::int64_t bin_of(double confidence, std::int64_t bins, BinEdges edges) {
  const auto below = [&](std::int64_t edge) {
    const double value = static_cast<double>(edge) / static_cast<double>(bins);
    return edges == BinEdges::right_closed ? value < confidence : value <= confidence;
  };
  std::int64_t bin = 0;
  while (bin + 1 < bins && below(bin + 1)) ++bin;
  return bin;
}

ReliabilityBins::ReliabilityBins(std::int64_t bins) : bins_(static_cast<std::size_t>(bins)) {}

void ReliabilityBins::add(std::int64_t bin, double confidence, bool right, std::int64_t count) {
  Bin& b = bins_[static_cast<std::size_t>(bin)];
  b.count += count;
  b.right += right ? count : 0;
  b.confidence_sum += static_cast<double>(count) * confidence;
}

std::int64_t ReliabilityBins::count(std::int64_t bin) const {
  return bins_[static_cast<std::size_t>(bin)].count;
}

double ReliabilityBins::mean_confidence(std::int64_t bin) const {
  const Bin& b = bins_[static_cast<std::size_t>(bin)];
  return b.confidence_sum / static_cast<double>(b.count);  // 0/0 is NaN
}

double ReliabilityBins::accuracy(std::int64_t bin) const {
  const Bin& b = bins_[static_cast<std::size_t>(bin)];
  return static_cast<double>(b.right) / static_cast<double>(b.count);
}

double ReliabilityBins::Bin::gap() const {
  return std::abs(static_cast<double>(right) - confidence_sum) / static_cast<double>(count);
}

std::int64_t ReliabilityBins::total() const {
  std::int64_t sum = 0;
  for (const Bin& bin : bins_) sum += bin.count;
  return sum;
}

double ReliabilityBins::expected_error() const {
  const auto n = static_cast<double>(total());
  double sum = 0;
  for (const Bin& bin : bins_) {
    if (bin.count > 0) sum += static_cast<double>(bin.count) / n * bin.gap();
  }
  return sum;
}

double ReliabilityBins::maximum_error() const {
  double largest = 0;
  for (const Bin& bin : bins_) {
    if (bin.count > 0) largest = std::max(largest, bin.gap());
  }
  return largest;
}

double ReliabilityBins::root_mean_square_error() const {
  const auto n = static_cast<double>(total());
  double sum = 0;
  for (const Bin& bin : bins_) {
    if (bin.count > 0) sum += static_cast<double>(bin.count) / n * bin.gap() * bin.gap();
  }
  return std::sqrt(sum);
}

ReliabilityBins reliability(std::span<const std::int64_t> truth, ProbabilityMatrix probabilities,
                            std::int64_t bins, BinEdges edges) {
  ReliabilityBins out(bins);
  for (std::int64_t i = 0; i < probabilities.rows(); ++i) {
    const std::int64_t predicted = arg_max(probabilities.row(i));
    const double confidence = probabilities(i, predicted);
    out.add(bin_of(confidence, bins, edges), confidence,
            predicted == truth[static_cast<std::size_t>(i)]);
  }
  return out;
}

double classwise_calibration_error(std::span<const std::int64_t> truth,
                                   ProbabilityMatrix probabilities, std::int64_t bins) {
  double sum = 0;
  for (std::int64_t c = 0; c < probabilities.classes; ++c) {
    ReliabilityBins of_class(bins);
    for (std::int64_t i = 0; i < probabilities.rows(); ++i) {
      const double p = probabilities(i, c);
      of_class.add(bin_of(p, bins), p, truth[static_cast<std::size_t>(i)] == c);
    }
    sum += of_class.expected_error();
  }
  return sum / static_cast<double>(probabilities.classes);
}

}  // namespace xrayclf
