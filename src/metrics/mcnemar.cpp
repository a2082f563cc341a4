#include "xrayclf/metrics/mcnemar.hpp"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>
#include <limits>

namespace xrayclf {

McNemarTest mcnemar_test(std::int64_t b, std::int64_t c, McNemarForm form) {
  const auto discordant = static_cast<double>(b + c);
  const auto fewer = static_cast<double>(std::min(b, c));
  if (form == McNemarForm::exact) {
    if (b + c == 0) return {0, 1};
    const boost::math::binomial fair(discordant, 0.5);
    return {fewer, std::min(1.0, 2 * boost::math::cdf(fair, fewer))};
  }
  if (b + c == 0) return {std::numeric_limits<double>::quiet_NaN(), 1};
  const double gap =
      std::abs(static_cast<double>(b - c)) - (form == McNemarForm::corrected ? 1.0 : 0.0);
  const double statistic = gap * gap / discordant;
  return {statistic,
          boost::math::cdf(boost::math::complement(boost::math::chi_squared(1), statistic))};
}

}  // namespace xrayclf
