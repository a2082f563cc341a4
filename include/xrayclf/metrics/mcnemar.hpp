#pragma once

#include <cstdint>

namespace xrayclf {

/// `exact`: binomial, to be preferred below 25 discordant pairs. `corrected`: chi-square with
/// (|b - c| - 1)^2 / (b + c), as statsmodels 0.15 computes it. `uncorrected`: (b - c)^2 / (b + c).
enum class McNemarForm { exact, corrected, uncorrected };

struct McNemarTest {
  double statistic =
      0;  ///< min(b, c) or chi-square with one degree of freedom; NaN when b + c = 0 there
  double p_value = 1;  ///< two-sided; 1 when b + c = 0, where statsmodels' corrected form says 0
};

/// Paired comparison of two classifiers (McNemar 1947): b samples only the first gets right, c
/// only the second.
McNemarTest mcnemar_test(std::int64_t b, std::int64_t c, McNemarForm form = McNemarForm::exact);

}  // namespace xrayclf
