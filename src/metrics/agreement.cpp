#include "xrayclf/metrics/agreement.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "xrayclf/metrics/proportion.hpp"

namespace xrayclf {
namespace {

/// (observed - chance) / (1 - chance).
double beyond_chance(double observed, double chance) {
  if (chance >= 1) return std::numeric_limits<double>::quiet_NaN();
  return (observed - chance) / (1 - chance);
}

/// Fleiss, Cohen & Everitt, Psychological Bulletin 72 (1969) 323-327, equation 13.
double kappa_error(const ConfusionMatrix& ratings, double kappa) {
  const auto n = static_cast<double>(ratings.total());
  const auto row = [&](std::int64_t i) { return static_cast<double>(ratings.row_sum(i)) / n; };
  const auto column = [&](std::int64_t i) {
    return static_cast<double>(ratings.column_sum(i)) / n;
  };
  double agree = 0, disagree = 0, chance = 0;
  for (std::int64_t i = 0; i < ratings.classes(); ++i) {
    chance += row(i) * column(i);
    for (std::int64_t j = 0; j < ratings.classes(); ++j) {
      const double share = static_cast<double>(ratings(i, j)) / n;
      if (i == j) {
        const double term = 1 - (row(i) + column(i)) * (1 - kappa);
        agree += share * term * term;
      } else {
        const double term = (column(i) + row(j)) * (1 - kappa);
        disagree += share * term * term;
      }
    }
  }
  const double rest = kappa - chance * (1 - kappa);
  // Rounding may leave a perfect agreement a hair below 0.
  return std::sqrt(std::max(0.0, agree + disagree - rest * rest) / n) / (1 - chance);
}

}  // namespace

ReaderAgreement reader_agreement(const ConfusionMatrix& ratings, double confidence) {
  ReaderAgreement out;
  out.percent = ratings.accuracy();
  out.kappa = ratings.cohen_kappa();
  out.error = kappa_error(ratings, out.kappa);
  const double half = normal_quantile_two_sided(confidence) * out.error;
  out.interval = {out.kappa - half, out.kappa + half};
  return out;
}

GroupAgreement group_agreement(std::span<const std::int64_t> counts, std::int64_t categories) {
  const auto k = static_cast<std::size_t>(categories);
  const std::size_t images = counts.size() / k;
  std::vector<double> by_category(k, 0);
  double agreeing = 0;
  double ratings = 0;
  for (std::size_t i = 0; i < images; ++i) {
    double readers = 0, squares = 0;
    for (std::size_t c = 0; c < k; ++c) {
      const auto count = static_cast<double>(counts[i * k + c]);
      readers += count;
      squares += count * count;
      by_category[c] += count;
    }
    agreeing += (squares - readers) / (readers * (readers - 1));
    ratings += readers;
  }
  const double observed = agreeing / static_cast<double>(images);
  double chance = 0;
  for (const double count : by_category) chance += count / ratings * (count / ratings);
  return {beyond_chance(observed, chance),
          beyond_chance(observed, 1 / static_cast<double>(categories))};
}

}  // namespace xrayclf
