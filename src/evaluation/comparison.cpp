#include "xrayclf/evaluation/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

#include "report_intervals.hpp"
#include "report_statistics.hpp"
#include "xrayclf/metrics/delong.hpp"
#include "xrayclf/metrics/mcnemar.hpp"
#include "xrayclf/metrics/multiple_testing.hpp"
#include "xrayclf/metrics/proportion.hpp"
#include "xrayclf/metrics/roc.hpp"

namespace xrayclf {
namespace {

/// What the paired bootstrap compares.
constexpr std::array<Metric, 10> kCompared{Metric::accuracy, Metric::balanced_accuracy,
                                           Metric::f1_macro, Metric::auroc_macro,
                                           Metric::mcc,      Metric::average_precision_macro,
                                           Metric::brier,    Metric::log_loss,
                                           Metric::ece,      Metric::cohen_kappa};
/// Differences below are rounding.
constexpr double kNoDifference = 1e-12;

std::string_view metric_name(Metric metric) {
  return kMetricNames[static_cast<std::size_t>(metric)];
}

/// Two-sided, from how often draws of the difference lie on either side of 0.
std::optional<double> bootstrap_p_value(std::span<const double> draws) {
  double below = 1, above = 1, defined = 1;
  for (const double draw : draws) {
    if (std::isnan(draw)) continue;
    ++defined;
    if (draw <= kNoDifference) ++below;
    if (draw >= -kNoDifference) ++above;
  }
  if (defined == 1) return std::nullopt;
  return std::min(1.0, 2 * std::min(below, above) / defined);
}

class ComparisonBuilder {
 public:
  ComparisonBuilder(std::vector<ComparedModel> models, Correction correction,
                    const ReportConfig& config, std::int64_t workers) {
    out_.config = config;
    out_.correction = correction;
    out_.models = std::move(models);
    for (const ComparedModel& model : out_.models) {
      out_.reports.push_back(make_report(model.predictions, config, workers));
      statistics_.push_back(std::make_unique<ReportStatistics>(model.predictions, config.ece_bins));
    }
    for (std::size_t a = 0; a < out_.models.size(); ++a) {
      for (std::size_t b = a + 1; b < out_.models.size(); ++b) out_.pairs.push_back({a, b, {}});
    }
    intervals_ = std::make_unique<ReportIntervals>(
        images(), out_.config, workers,
        [this](std::span<const std::int64_t> counts) { return differences(counts); });
    point_ = differences(std::vector<std::int64_t>(images().size(), 1));
    find_classes();
  }

  Comparison build(const std::vector<Rater>& readers, std::int64_t workers) {
    for (std::size_t p = 0; p < out_.pairs.size(); ++p) {
      add_mcnemar(out_.pairs[p]);
      add_delong(out_.pairs[p]);
      add_bootstrap(p);
    }
    adjust();
    std::vector<Rater> raters = {{"truth", RaterKind::truth, images().truth}};
    for (std::size_t m = 0; m < out_.models.size(); ++m) {
      raters.push_back({out_.models[m].name, RaterKind::model, statistics_[m]->predicted()});
    }
    raters.insert(raters.end(), readers.begin(), readers.end());
    out_.agreement = rater_agreement(raters, images(), out_.config, workers);
    out_.notes = out_.reports.front().notes;
    if (clustered()) {
      out_.notes.emplace_back(
          "McNemar's test takes every image as independent; the bootstrap differences allow for "
          "patients.");
    }
    return std::move(out_);
  }

 private:
  const Predictions& images() const { return out_.models.front().predictions; }
  bool clustered() const { return !intervals_->groups().singletons(); }

  /// By pair, by compared metric.
  std::vector<double> differences(std::span<const std::int64_t> counts) const {
    std::vector<std::vector<double>> values;
    for (const auto& model : statistics_) values.push_back(model->values(counts));
    std::vector<double> out;
    for (const ModelPair& pair : out_.pairs) {
      for (const Metric metric : kCompared) {
        const std::size_t at = ReportStatistics::index(metric);
        out.push_back(values[pair.first][at] - values[pair.second][at]);
      }
    }
    return out;
  }

  /// Classes with and without images, whose AUROC is defined.
  void find_classes() {
    const auto classes = static_cast<std::int64_t>(images().classes.size());
    for (std::int64_t c = 0; c < classes; ++c) {
      const auto own = std::count(images().truth.begin(), images().truth.end(), c);
      if (own > 0 && own < static_cast<std::int64_t>(images().size())) defined_.push_back(c);
    }
  }

  std::vector<std::vector<double>> columns(std::size_t model) const {
    const Predictions& predictions = out_.models[model].predictions;
    std::vector<std::vector<double>> out(predictions.classes.size());
    for (std::size_t i = 0; i < predictions.probabilities.size(); ++i) {
      out[i % out.size()].push_back(predictions.probabilities[i]);
    }
    return out;
  }

  void add_mcnemar(ModelPair& pair) const {
    std::int64_t first_only = 0, second_only = 0;
    for (std::size_t i = 0; i < images().size(); ++i) {
      const std::int64_t truth = images().truth[i];
      const bool first = statistics_[pair.first]->predicted()[i] == truth;
      const bool second = statistics_[pair.second]->predicted()[i] == truth;
      first_only += first && !second ? 1 : 0;
      second_only += second && !first ? 1 : 0;
    }
    PairedTest out;
    out.test = "mcnemar";
    out.figure = "accuracy";
    out.difference.value =
        static_cast<double>(first_only - second_only) / static_cast<double>(images().size());
    out.difference.reason = "interval: see the bootstrap";
    out.p_value = mcnemar_test(first_only, second_only).p_value;
    out.detail = {
        {"form", "exact"}, {"only_first_right", first_only}, {"only_second_right", second_only}};
    pair.tests.push_back(std::move(out));
  }

  void add_delong(ModelPair& pair) const {
    const auto first = columns(pair.first);
    const auto second = columns(pair.second);
    const auto& clusters = intervals_->groups().of_sample;
    for (std::size_t c = 0; c < first.size(); ++c) {
      PairedTest out;
      out.figure = "auroc";
      out.of_class = images().classes[c];
      const auto label = static_cast<std::int64_t>(c);
      if (std::find(defined_.begin(), defined_.end(), label) == defined_.end()) {
        out.difference.reason = find_figure(out_.reports.front().per_class[c], "auroc").reason;
      } else {
        set_delong(out, delong({first[c], second[c]}, is_class(images().truth, label), clusters));
      }
      out.test = "delong";
      pair.tests.push_back(std::move(out));
    }
    PairedTest macro;
    macro.test = "delong";
    macro.figure = "auroc_macro";
    if (defined_.empty()) {
      macro.difference.reason = "it is undefined for every class";
    } else {
      set_delong(macro, delong_macro({first, second}, images().truth, defined_, clusters));
      macro.difference.note = find_figure(out_.reports.front().metrics, "auroc_macro").note;
    }
    pair.tests.push_back(std::move(macro));
  }

  void set_delong(PairedTest& out, const AurocEstimate& estimate) const {
    const AurocTest test = delong_test(estimate);
    out.difference.value = test.difference;
    if (std::isnan(test.p_value)) {
      out.difference.reason = "no test: a class comes from, or is opposed by, a single patient";
      return;
    }
    out.p_value = test.p_value;
    out.detail = {{"variance", test.variance}};
    if (std::isnan(test.z)) {
      out.difference.reason = "no interval: the difference has no variance";
      return;
    }
    out.detail["z"] = test.z;
    const double half =
        normal_quantile_two_sided(out_.config.confidence) * std::sqrt(test.variance);
    out.difference.interval = {std::max(-1.0, test.difference - half),
                               std::min(1.0, test.difference + half)};
    out.difference.method = clustered() ? "DeLong, paired, clustered by patient" : "DeLong, paired";
  }

  void add_bootstrap(std::size_t p) {
    for (std::size_t m = 0; m < kCompared.size(); ++m) {
      const std::size_t at = p * kCompared.size() + m;
      PairedTest out;
      out.test = "bootstrap";
      out.figure = metric_name(kCompared[m]);
      if (std::isnan(point_[at])) {
        const auto& own = find_figure(out_.reports[out_.pairs[p].first].metrics, out.figure);
        const auto& other = find_figure(out_.reports[out_.pairs[p].second].metrics, out.figure);
        out.difference.reason = own.value ? other.reason : own.reason;
      } else {
        out.difference.value = point_[at];
        intervals_->add_bootstrap(out.difference, at);
        out.p_value = bootstrap_p_value(intervals_->draws(at));
      }
      out_.pairs[p].tests.push_back(std::move(out));
    }
  }

  void adjust() {
    std::map<std::pair<std::string, std::string>, std::vector<PairedTest*>> families;
    for (ModelPair& pair : out_.pairs) {
      for (PairedTest& test : pair.tests) {
        if (test.p_value) families[{test.test, test.figure}].push_back(&test);
      }
    }
    for (auto& [key, tests] : families) {
      std::vector<double> p_values;
      for (const PairedTest* test : tests) p_values.push_back(*test->p_value);
      if (out_.correction == Correction::holm) p_values = holm(p_values);
      if (out_.correction == Correction::benjamini_hochberg)
        p_values = benjamini_hochberg(p_values);
      for (std::size_t i = 0; i < tests.size(); ++i) tests[i]->adjusted_p_value = p_values[i];
    }
  }

  Comparison out_;
  std::vector<std::unique_ptr<ReportStatistics>> statistics_;
  std::unique_ptr<ReportIntervals> intervals_;
  std::vector<double> point_;
  std::vector<std::int64_t> defined_;
};

}  // namespace

Comparison compare_models(std::vector<ComparedModel> models, const std::vector<Rater>& readers,
                          Correction correction, const ReportConfig& config, std::int64_t workers) {
  return ComparisonBuilder(std::move(models), correction, config, workers).build(readers, workers);
}

}  // namespace xrayclf
