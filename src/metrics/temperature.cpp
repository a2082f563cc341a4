#include "xrayclf/metrics/temperature.hpp"

#include <algorithm>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>

namespace xrayclf {
namespace {

/// The mean negative log likelihood of softmax(beta * logits) and its slope in beta.
struct Likelihood {
  double value = 0;
  double slope = 0;
};

Likelihood likelihood(std::span<const std::int64_t> truth, ProbabilityMatrix logits, double beta) {
  Likelihood out;
  for (std::int64_t i = 0; i < logits.rows(); ++i) {
    const std::span<const double> z = logits.row(i);
    const double largest = *std::max_element(z.begin(), z.end());
    double sum = 0;
    double weighted = 0;
    for (const double value : z) {
      const double e = std::exp(beta * (value - largest));
      sum += e;
      weighted += e * value;
    }
    const double own = z[static_cast<std::size_t>(truth[static_cast<std::size_t>(i)])];
    out.value += std::log(sum) - beta * (own - largest);
    out.slope += weighted / sum - own;
  }
  const auto n = static_cast<double>(logits.rows());
  return {out.value / n, out.slope / n};
}

}  // namespace

TemperatureFit fit_temperature(std::span<const std::int64_t> truth, ProbabilityMatrix logits) {
  // Slopes below this are rounding, not preference.
  constexpr double kFlat = 1e-12;
  const auto slope = [&](double beta) { return likelihood(truth, logits, beta).slope; };
  const double low = 1 / kHighestTemperature;
  const double high = 1 / kLowestTemperature;
  const double slope_low = slope(low);
  const double slope_high = slope(high);

  TemperatureFit fit;
  double beta = 1;
  if (std::max({std::abs(slope_low), std::abs(slope(1)), std::abs(slope_high)}) < kFlat) {
    fit.place = TemperaturePlace::flat;
  } else if (slope_low >= 0) {
    fit.place = TemperaturePlace::upper_bound;
    beta = low;
  } else if (slope_high <= 0) {
    fit.place = TemperaturePlace::lower_bound;
    beta = high;
  } else {
    fit.place = TemperaturePlace::interior;
    std::uintmax_t iterations = 200;
    const auto bracket = boost::math::tools::toms748_solve(
        slope, low, high, slope_low, slope_high, boost::math::tools::eps_tolerance<double>(50),
        iterations);
    beta = (bracket.first + bracket.second) / 2;
  }
  fit.temperature = 1 / beta;
  fit.nll_before = likelihood(truth, logits, 1).value;
  fit.nll_after = likelihood(truth, logits, beta).value;
  return fit;
}

std::vector<double> logits_of(ProbabilityMatrix probabilities) {
  std::vector<double> out;
  out.reserve(probabilities.values.size());
  for (const double p : probabilities.values) out.push_back(std::log(std::max(p, 1e-12)));
  return out;
}

std::vector<double> softmax(ProbabilityMatrix logits, double temperature) {
  std::vector<double> out;
  out.reserve(logits.values.size());
  for (std::int64_t i = 0; i < logits.rows(); ++i) {
    const std::span<const double> z = logits.row(i);
    const double largest = *std::max_element(z.begin(), z.end());
    double sum = 0;
    for (const double value : z) sum += std::exp((value - largest) / temperature);
    for (const double value : z) out.push_back(std::exp((value - largest) / temperature) / sum);
  }
  return out;
}

}  // namespace xrayclf
