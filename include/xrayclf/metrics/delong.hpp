#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "xrayclf/metrics/interval.hpp"

namespace xrayclf {

/// AUROCs of one or more scores on the same samples, with their covariance.
struct AurocEstimate {
  std::vector<double> auroc;
  std::vector<std::vector<double>> covariance;  ///< NaN where not estimable
};

/// DeLong, DeLong & Clarke-Pearson, Biometrics 44 (1988) 837-845. With `clusters` (a number per
/// sample, equal for samples that belong together, as images of a patient) the form for clustered
/// data of Obuchowski, Biometrics 53 (1997) 567-578, which is the same where each sample is its own
/// cluster (or `clusters` is empty). A sample is positive where its flag is 1. NaN when the
/// positives or the negatives come from fewer than two clusters.
AurocEstimate delong(const std::vector<std::vector<double>>& scores,
                     std::span<const std::uint8_t> positive,
                     std::span<const std::int64_t> clusters = {});

/// Standard error of Hanley & McNeil, Radiology 143 (1982) 29-36. 0 where the AUROC is 0 or 1.
double hanley_mcneil_error(double auroc, std::int64_t positives, std::int64_t negatives);

/// auroc -/+ z * error, clipped to [0, 1].
Interval auroc_interval_wald(double auroc, double error, double confidence = 0.95);
/// The same on the logit scale, which keeps it inside (0, 1); NaN where auroc is 0 or 1.
Interval auroc_interval_logit(double auroc, double error, double confidence = 0.95);

/// Mean one-versus-rest AUROCs of several models on the same samples, with their covariance, from
/// the placements of DeLong et al. by class: every sample's deviations are added up over the
/// classes (and over its cluster) before they are squared, so that what the classes share counts.
/// For one class, and for two classes with scores p and 1 - p, it equals delong() of independent
/// samples. `scores[model][class]` is a column; `truth` holds class indices. The mean is over
/// `classes`, each of which has positives and negatives; NaN where `classes` is empty or one of
/// them comes from, or is opposed by, fewer than two clusters.
AurocEstimate delong_macro(const std::vector<std::vector<std::vector<double>>>& scores,
                           std::span<const std::int64_t> truth,
                           std::span<const std::int64_t> classes,
                           std::span<const std::int64_t> clusters = {});

/// Two AUROCs of the same samples.
struct AurocTest {
  double difference = 0;  ///< first minus second
  double variance = 0;
  double z = 0;        ///< NaN when the variance is 0
  double p_value = 1;  ///< two-sided; 1 when equal without variance, 0 when different without
};
/// Paired test on an estimate of two (or more) scores.
AurocTest delong_test(const AurocEstimate& estimate, std::size_t first = 0, std::size_t second = 1);

}  // namespace xrayclf
