#include "xrayclf/metrics/delong.hpp"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <numeric>

#include "xrayclf/core/numbers.hpp"
#include "xrayclf/metrics/proportion.hpp"
#include "xrayclf/metrics/ranking.hpp"
#include "xrayclf/metrics/roc.hpp"

namespace xrayclf {
namespace {

/// Clusters renumbered 0 ... count-1.
struct Clusters {
  std::vector<std::size_t> of_sample;
  std::vector<std::int64_t> positives;
  std::vector<std::int64_t> negatives;
};

Clusters number_clusters(std::span<const std::uint8_t> positive,
                         std::span<const std::int64_t> names) {
  Clusters out;
  out.of_sample.resize(positive.size());
  if (names.empty()) {
    std::iota(out.of_sample.begin(), out.of_sample.end(), std::size_t{0});
  } else {
    std::vector<std::int64_t> distinct(names.begin(), names.end());
    std::sort(distinct.begin(), distinct.end());
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    for (std::size_t i = 0; i < names.size(); ++i) {
      out.of_sample[i] = static_cast<std::size_t>(
          std::lower_bound(distinct.begin(), distinct.end(), names[i]) - distinct.begin());
    }
  }
  const std::size_t count =
      out.of_sample.empty() ? 0 : 1 + *std::max_element(out.of_sample.begin(), out.of_sample.end());
  out.positives.assign(count, 0);
  out.negatives.assign(count, 0);
  for (std::size_t i = 0; i < positive.size(); ++i) {
    (positive[i] ? out.positives : out.negatives)[out.of_sample[i]] += 1;
  }
  return out;
}

/// Half-unit placements: of a positive, 2 x negatives below + ties; of a negative, 2 x positives
/// above + ties.
std::vector<std::int64_t> placements(std::span<const double> scores,
                                     std::span<const std::uint8_t> positive,
                                     std::int64_t negatives) {
  const std::vector<std::int64_t> order = descending_order(scores);
  std::vector<std::int64_t> out(scores.size());
  std::int64_t positives_above = 0;
  std::int64_t negatives_above = 0;
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    std::int64_t positives_here = 0;
    const double score = scores[static_cast<std::size_t>(order[begin])];
    while (end < order.size() && scores[static_cast<std::size_t>(order[end])] == score) {
      positives_here += positive[static_cast<std::size_t>(order[end++])];
    }
    const std::int64_t negatives_here = static_cast<std::int64_t>(end - begin) - positives_here;
    for (std::size_t i = begin; i < end; ++i) {
      const auto sample = static_cast<std::size_t>(order[i]);
      out[sample] = positive[sample]
                        ? 2 * (negatives - negatives_above - negatives_here) + negatives_here
                        : 2 * positives_above + positives_here;
    }
    positives_above += positives_here;
    negatives_above += negatives_here;
  }
  return out;
}

/// One score's AUROC and, by cluster, how far the sums of its placements are from expectation.
struct Deviations {
  double auroc = 0;
  std::vector<double> positives;
  std::vector<double> negatives;
};

Deviations deviations(std::span<const double> scores, std::span<const std::uint8_t> positive,
                      const Clusters& clusters, std::int64_t m, std::int64_t n) {
  const std::vector<std::int64_t> placement = placements(scores, positive, n);
  std::vector<std::int64_t> of_positives(clusters.positives.size(), 0);
  std::vector<std::int64_t> of_negatives(clusters.positives.size(), 0);
  std::int64_t half_wins = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    (positive[i] ? of_positives : of_negatives)[clusters.of_sample[i]] += placement[i];
    if (positive[i]) half_wins += placement[i];
  }
  Deviations out;
  const double twice_m = 2 * static_cast<double>(m);
  const double twice_n = 2 * static_cast<double>(n);
  out.auroc = static_cast<double>(half_wins) / (twice_m * static_cast<double>(n));
  for (std::size_t g = 0; g < of_positives.size(); ++g) {
    out.positives.push_back(static_cast<double>(of_positives[g]) / twice_n -
                            static_cast<double>(clusters.positives[g]) * out.auroc);
    out.negatives.push_back(static_cast<double>(of_negatives[g]) / twice_m -
                            static_cast<double>(clusters.negatives[g]) * out.auroc);
  }
  return out;
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// n / (n - 1), the correction of a sample variance.
double correction(std::int64_t clusters) {
  return clusters < 2 ? kNan : static_cast<double>(clusters) / static_cast<double>(clusters - 1);
}

}  // namespace

AurocEstimate delong(const std::vector<std::vector<double>>& scores,
                     std::span<const std::uint8_t> positive,
                     std::span<const std::int64_t> clusters) {
  const Clusters groups = number_clusters(positive, clusters);
  const auto not_zero = [](std::int64_t count) { return count > 0; };
  const std::int64_t m =
      std::accumulate(groups.positives.begin(), groups.positives.end(), std::int64_t{0});
  const std::int64_t n = static_cast<std::int64_t>(positive.size()) - m;
  AurocEstimate out;
  out.auroc.assign(scores.size(), kNan);
  out.covariance.assign(scores.size(), std::vector<double>(scores.size(), kNan));
  if (m == 0 || n == 0) return out;

  std::vector<Deviations> of_score;
  for (std::size_t s = 0; s < scores.size(); ++s) {
    of_score.push_back(deviations(scores[s], positive, groups, m, n));
    out.auroc[s] = of_score[s].auroc;
  }
  const double of_positives =
      correction(std::count_if(groups.positives.begin(), groups.positives.end(), not_zero));
  const double of_negatives =
      correction(std::count_if(groups.negatives.begin(), groups.negatives.end(), not_zero));
  const double of_both = correction(static_cast<std::int64_t>(groups.positives.size()));
  const auto dm = static_cast<double>(m);
  const auto dn = static_cast<double>(n);
  for (std::size_t a = 0; a < scores.size(); ++a) {
    for (std::size_t b = 0; b < scores.size(); ++b) {
      const Deviations& x = of_score[a];
      const Deviations& y = of_score[b];
      out.covariance[a][b] =
          of_positives * dot(x.positives, y.positives) / (dm * dm) +
          of_negatives * dot(x.negatives, y.negatives) / (dn * dn) +
          of_both * (dot(x.positives, y.negatives) + dot(x.negatives, y.positives)) / (dm * dn);
    }
  }
  return out;
}

AurocEstimate delong_macro(const std::vector<std::vector<std::vector<double>>>& scores,
                           std::span<const std::int64_t> truth,
                           std::span<const std::int64_t> classes,
                           std::span<const std::int64_t> clusters) {
  const auto not_zero = [](std::int64_t count) { return count > 0; };
  const auto share = 1 / static_cast<double>(classes.size());
  AurocEstimate out;
  out.auroc.assign(scores.size(), classes.empty() ? kNan : 0.0);
  out.covariance.assign(scores.size(), std::vector<double>(scores.size(), kNan));
  if (classes.empty()) return out;
  std::vector<std::vector<double>> by_cluster(scores.size());
  for (const std::int64_t c : classes) {
    const std::vector<std::uint8_t> positive = is_class(truth, c);
    const Clusters groups = number_clusters(positive, clusters);
    const std::int64_t m =
        std::accumulate(groups.positives.begin(), groups.positives.end(), std::int64_t{0});
    const std::int64_t n = static_cast<std::int64_t>(positive.size()) - m;
    const double of_positives = std::sqrt(
        correction(std::count_if(groups.positives.begin(), groups.positives.end(), not_zero)));
    const double of_negatives = std::sqrt(
        correction(std::count_if(groups.negatives.begin(), groups.negatives.end(), not_zero)));
    for (std::size_t model = 0; model < scores.size(); ++model) {
      const Deviations own =
          deviations(scores[model][static_cast<std::size_t>(c)], positive, groups, m, n);
      out.auroc[model] += share * own.auroc;
      by_cluster[model].resize(own.positives.size(), 0.0);
      for (std::size_t g = 0; g < own.positives.size(); ++g) {
        by_cluster[model][g] += share * (of_positives * own.positives[g] / static_cast<double>(m) +
                                         of_negatives * own.negatives[g] / static_cast<double>(n));
      }
    }
  }
  for (std::size_t a = 0; a < scores.size(); ++a) {
    for (std::size_t b = 0; b < scores.size(); ++b) {
      out.covariance[a][b] = dot(by_cluster[a], by_cluster[b]);
    }
  }
  return out;
}

double hanley_mcneil_error(double auroc, std::int64_t positives, std::int64_t negatives) {
  const double square = auroc * auroc;
  const double q1 = auroc / (2 - auroc);
  const double q2 = 2 * square / (1 + auroc);
  const auto m = static_cast<double>(positives);
  const auto n = static_cast<double>(negatives);
  const double variance =
      (auroc * (1 - auroc) + (m - 1) * (q1 - square) + (n - 1) * (q2 - square)) / (m * n);
  return std::sqrt(std::max(0.0, variance));
}

Interval auroc_interval_wald(double auroc, double error, double confidence) {
  if (std::isnan(error)) return {kNan, kNan};
  const double half = normal_quantile_two_sided(confidence) * error;
  return {std::max(0.0, auroc - half), std::min(1.0, auroc + half)};
}

Interval auroc_interval_logit(double auroc, double error, double confidence) {
  if (std::isnan(error) || !(auroc > 0 && auroc < 1)) return {kNan, kNan};
  const double centre = std::log(auroc / (1 - auroc));
  const double half = normal_quantile_two_sided(confidence) * error / (auroc * (1 - auroc));
  return {1 / (1 + std::exp(half - centre)), 1 / (1 + std::exp(-half - centre))};
}

AurocTest delong_test(const AurocEstimate& estimate, std::size_t first, std::size_t second) {
  const auto& c = estimate.covariance;
  AurocTest out;
  out.difference = estimate.auroc[first] - estimate.auroc[second];
  out.variance = c[first][first] + c[second][second] - c[first][second] - c[second][first];
  if (std::isnan(out.variance)) {
    out.z = out.p_value = kNan;
  } else if (out.variance <= 0) {
    out.z = kNan;
    out.p_value = out.difference == 0 ? 1 : 0;
  } else {
    out.z = out.difference / std::sqrt(out.variance);
    out.p_value =
        2 * boost::math::cdf(boost::math::complement(boost::math::normal(), std::abs(out.z)));
  }
  return out;
}

}  // namespace xrayclf
