#include "report_intervals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "xrayclf/metrics/delong.hpp"
#include "xrayclf/metrics/roc.hpp"

namespace xrayclf {
namespace {

/// Variances below this are the rounding of 0.
constexpr double kNoVariance = 1e-20;
/// Draws that differ by less differ by rounding.
constexpr double kNoSpread = 1e-12;

}  // namespace

ReportIntervals::ReportIntervals(const Predictions& predictions, const ReportConfig& config,
                                 std::int64_t workers, const ResampleStatistics& statistics)
    : predictions_(predictions),
      config_(config),
      groups_(config.sampling_unit == SamplingUnit::patient
                  ? groups_by_name(predictions.patients)
                  : singleton_groups(predictions.size())) {
  if (statistics) {
    draws_ = bootstrap(groups_, config.bootstrap_samples, static_cast<std::uint64_t>(config.seed),
                       workers, statistics);
  }
}

ReportIntervals::Counts ReportIntervals::count(const Select& counted, const Select& success) const {
  std::vector<ClusterCount> clusters(static_cast<std::size_t>(groups_.count));
  Counts out;
  for (std::size_t i = 0; i < predictions_.size(); ++i) {
    if (!counted(i)) continue;
    ClusterCount& cluster = clusters[static_cast<std::size_t>(groups_.of_sample[i])];
    out.used += cluster.trials == 0 ? 1 : 0;
    out.largest = std::max(out.largest, ++cluster.trials);
    ++out.all.trials;
    if (success(i)) {
      ++cluster.successes;
      ++out.all.successes;
    }
  }
  if (out.largest > 1) out.effect = design_effect(clusters);
  return out;
}

void ReportIntervals::add_proportion(Figure& figure, const Select& counted,
                                     const Select& success) const {
  const Counts counts = count(counted, success);
  const auto successes = static_cast<double>(counts.all.successes);
  const auto trials = static_cast<double>(counts.all.trials);
  const Interval independent = wilson_interval(successes, trials, config_.confidence);
  if (counts.largest == 1) {
    figure.interval = independent;
    figure.method = "Wilson";
    return;
  }
  figure.interval =
      wilson_interval(successes / counts.effect, trials / counts.effect, config_.confidence);
  figure.method = fmt::format("Wilson, {} images of {} patients, design effect {:.2f} (Rao-Scott)",
                              counts.all.trials, counts.used, counts.effect);
  figure.if_images_were_independent = independent;
}

RightCalls ReportIntervals::effective_counts(const Select& counted, const Select& success) const {
  const Counts counts = count(counted, success);
  return {static_cast<double>(counts.all.successes) / counts.effect,
          static_cast<double>(counts.all.trials) / counts.effect};
}

std::span<const double> ReportIntervals::draws(std::size_t index) const {
  return draws_.empty() ? std::span<const double>() : draws_[index];
}

void ReportIntervals::add_auroc(Figure& figure, std::size_t c) const {
  const auto label = static_cast<std::int64_t>(c);
  std::vector<double> scores;
  for (std::size_t i = 0; i < predictions_.size(); ++i) {
    scores.push_back(predictions_.matrix()(static_cast<std::int64_t>(i), label));
  }
  const std::vector<std::uint8_t> positive = is_class(predictions_.truth, label);
  const double auroc = *figure.value;
  const auto logit_interval = [&](double variance) {
    return auroc_interval_logit(auroc, std::sqrt(variance), config_.confidence);
  };
  const bool clustered = !groups_.singletons();
  const double variance = delong({scores}, positive, groups_.of_sample).covariance[0][0];
  if (!(variance > kNoVariance) || auroc <= 0 || auroc >= 1) {
    add_auroc_without_variance(figure, label);
    return;
  }
  figure.interval = logit_interval(variance);
  figure.method = clustered ? "DeLong for clustered data (Obuchowski) by patient, logit scale"
                            : "DeLong, logit scale";
  if (clustered) {
    const double independent = delong({scores}, positive).covariance[0][0];
    if (independent > kNoVariance) figure.if_images_were_independent = logit_interval(independent);
  }
}

void ReportIntervals::add_auroc_without_variance(Figure& figure, std::int64_t c) const {
  std::vector<bool> has_positive(static_cast<std::size_t>(groups_.count), false);
  std::vector<bool> has_negative(static_cast<std::size_t>(groups_.count), false);
  for (std::size_t i = 0; i < predictions_.size(); ++i) {
    (predictions_.truth[i] == c ? has_positive
                                : has_negative)[static_cast<std::size_t>(groups_.of_sample[i])] =
        true;
  }
  const auto positives = std::count(has_positive.begin(), has_positive.end(), true);
  const auto negatives = std::count(has_negative.begin(), has_negative.end(), true);
  const double auroc = *figure.value;
  if (auroc > 0 && auroc < 1) {
    figure.interval = auroc_interval_logit(auroc, hanley_mcneil_error(auroc, positives, negatives),
                                           config_.confidence);
    figure.method = fmt::format(
        "Hanley-McNeil, logit scale ({} positive, {} negative; DeLong's variance is not estimable)",
        positives, negatives);
    return;
  }
  // Every pair of a positive and a negative agrees, so do those of any pairing that uses each of
  // them once. Such pairs are independent, and the number in agreement is binomial with the AUROC
  // as its rate. The two of a pair come from two patients, hence at most half as many pairs.
  const std::int64_t pairs =
      std::max<std::int64_t>(1, std::min({positives, negatives, groups_.count / 2}));
  figure.interval = clopper_pearson_interval(auroc >= 1 ? pairs : 0, pairs, config_.confidence);
  figure.method =
      fmt::format("Clopper-Pearson on {} independent pairs (DeLong's variance is 0 here)", pairs);
}

void ReportIntervals::add_bootstrap(Figure& figure, std::size_t index) const {
  if (draws_.empty()) {
    figure.reason = "the bootstrap is off (bootstrap_samples 0)";
    return;
  }
  const BootstrapSummary summary = summarise_draws(draws_[index]);
  figure.method =
      fmt::format("percentile bootstrap of {}, {} samples", unit(), config_.bootstrap_samples);
  if (summary.undefined > 0) {
    figure.method += fmt::format(", {} undefined and left out", summary.undefined);
  }
  if (2 * summary.undefined > config_.bootstrap_samples) {
    figure.reason = "no interval: undefined in more than half of the resamples";
  } else if (summary.sorted.back() - summary.sorted.front() < kNoSpread) {
    figure.reason = "no interval: every resample gives the same value";
  } else {
    figure.interval = summary.interval(config_.confidence);
  }
}

}  // namespace xrayclf
