#include "xrayclf/metrics/multiclass.hpp"

#include <cmath>
#include <limits>

namespace xrayclf {
namespace {

double area(std::int64_t half_wins, std::int64_t positives, std::int64_t negatives) {
  if (positives == 0 || negatives == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(half_wins) /
         (2.0 * static_cast<double>(positives) * static_cast<double>(negatives));
}

/// Weighted mean of what is defined.
class Mean {
 public:
  void add(double value, double weight = 1) {
    if (std::isnan(value)) return;
    sum_ += value * weight;
    weight_ += weight;
  }
  double value() const {
    return weight_ == 0 ? std::numeric_limits<double>::quiet_NaN() : sum_ / weight_;
  }

 private:
  double sum_ = 0;
  double weight_ = 0;
};

std::vector<double> column(ProbabilityMatrix probabilities, std::int64_t c) {
  std::vector<double> out;
  out.reserve(static_cast<std::size_t>(probabilities.rows()));
  for (std::int64_t i = 0; i < probabilities.rows(); ++i) out.push_back(probabilities(i, c));
  return out;
}

/// One ranking of all n x k probabilities; label 1 where the probability is that of the truth.
Ranking micro_ranking(std::span<const std::int64_t> truth, ProbabilityMatrix probabilities) {
  std::vector<std::int64_t> indicator;
  indicator.reserve(probabilities.values.size());
  for (const std::int64_t t : truth) {
    for (std::int64_t c = 0; c < probabilities.classes; ++c) indicator.push_back(c == t ? 1 : 0);
  }
  return Ranking(probabilities.values, indicator, 1, 2);
}

void add_pairs(MulticlassAuroc& auroc, const std::vector<Ranking::Areas>& by_class) {
  Mean macro, weighted;
  for (std::size_t a = 0; a < by_class.size(); ++a) {
    for (std::size_t b = a + 1; b < by_class.size(); ++b) {
      const std::int64_t of_a = by_class[a].support[a];
      const std::int64_t of_b = by_class[b].support[b];
      PairAuroc pair;
      pair.a = static_cast<std::int64_t>(a);
      pair.b = static_cast<std::int64_t>(b);
      pair.samples = of_a + of_b;
      pair.auroc_a = area(by_class[a].half_wins[b], of_a, of_b);
      pair.auroc_b = area(by_class[b].half_wins[a], of_b, of_a);
      pair.auroc = (pair.auroc_a + pair.auroc_b) / 2;
      macro.add(pair.auroc);
      weighted.add(pair.auroc, static_cast<double>(pair.samples));
      auroc.pairs.push_back(pair);
    }
  }
  auroc.ovo_macro = macro.value();
  auroc.ovo_weighted = weighted.value();
}

}  // namespace

MulticlassRanking::MulticlassRanking(std::span<const std::int64_t> truth,
                                     ProbabilityMatrix probabilities)
    : classes_(probabilities.classes), micro_(micro_ranking(truth, probabilities)) {
  for (std::int64_t c = 0; c < classes_; ++c) {
    by_class_.emplace_back(column(probabilities, c), truth, c, classes_);
  }
}

MulticlassAreas MulticlassRanking::areas(std::span<const std::int64_t> counts) const {
  MulticlassAreas out;
  std::vector<Ranking::Areas> by_class;
  Mean auroc_macro, auroc_weighted, precision_macro, precision_weighted;
  for (std::size_t c = 0; c < by_class_.size(); ++c) {
    by_class.push_back(by_class_[c].areas(counts));
    const Ranking::Areas& areas = by_class.back();
    const std::int64_t positives = areas.support[c];
    std::int64_t negatives = -positives;
    std::int64_t half_wins = -areas.half_wins[c];
    for (std::size_t b = 0; b < by_class_.size(); ++b) {
      negatives += areas.support[b];
      half_wins += areas.half_wins[b];
    }
    const double auroc = area(half_wins, positives, negatives);
    const auto support = static_cast<double>(positives);
    out.auroc.per_class.push_back(auroc);
    auroc_macro.add(auroc);
    auroc_weighted.add(auroc, support);
    out.average_precision.per_class.push_back(areas.average_precision);
    precision_macro.add(areas.average_precision);
    precision_weighted.add(areas.average_precision, support);
  }
  add_pairs(out.auroc, by_class);
  out.auroc.macro = auroc_macro.value();
  out.auroc.weighted = auroc_weighted.value();
  out.average_precision.macro = precision_macro.value();
  out.average_precision.weighted = precision_weighted.value();

  std::vector<std::int64_t> repeated;
  repeated.reserve(counts.size() * static_cast<std::size_t>(classes_));
  for (const std::int64_t count : counts) {
    repeated.insert(repeated.end(), static_cast<std::size_t>(classes_), count);
  }
  const Ranking::Areas micro = micro_.areas(repeated);
  out.auroc.micro = area(micro.half_wins[0], micro.support[1], micro.support[0]);
  out.average_precision.micro = micro.average_precision;
  return out;
}

MulticlassAreas multiclass_areas(std::span<const std::int64_t> truth,
                                 ProbabilityMatrix probabilities) {
  return MulticlassRanking(truth, probabilities).areas(std::vector<std::int64_t>(truth.size(), 1));
}

}  // namespace xrayclf
