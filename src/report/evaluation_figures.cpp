#include <cmath>
#include <string_view>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/numbers.hpp"
#include "xrayclf/figures/gallery.hpp"
#include "xrayclf/figures/montage.hpp"
#include "xrayclf/image/codec.hpp"
#include "xrayclf/metrics/calibration.hpp"
#include "xrayclf/metrics/curve_band.hpp"
#include "xrayclf/metrics/precision_recall.hpp"
#include "xrayclf/metrics/proportion.hpp"
#include "xrayclf/metrics/roc.hpp"
#include "xrayclf/report/figures.hpp"

namespace xrayclf {
namespace {

constexpr std::size_t kGallery = 20;  // images

/// What the curves of one class are made of.
struct ClassScores {
  std::vector<double> scores;
  std::vector<std::uint8_t> positive;
};

ClassScores scores_of(const Predictions& predictions, std::size_t c) {
  ClassScores out;
  const ProbabilityMatrix matrix = predictions.matrix();
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    out.scores.push_back(matrix(static_cast<std::int64_t>(i), static_cast<std::int64_t>(c)));
  }
  out.positive = is_class(predictions.truth, static_cast<std::int64_t>(c));
  return out;
}

ClassCurve named_curve(const Report& report, std::size_t c, std::string_view area) {
  const Figure& figure = find_figure(report.per_class[c], area);
  ClassCurve curve;
  curve.name = report.classes[c];
  curve.area = figure.value.value_or(kNan);
  curve.area_interval = figure.interval.value_or(Interval{kNan, kNan});
  curve.prevalence = static_cast<double>(report.confusion.row_sum(static_cast<std::int64_t>(c))) /
                     static_cast<double>(report.samples);
  return curve;
}

SampleGroups groups_of(const Predictions& predictions, const Report& report) {
  return report.config.sampling_unit == SamplingUnit::patient
             ? groups_by_name(predictions.patients)
             : singleton_groups(predictions.size());
}

BandOptions band_options(const Report& report) {
  return {report.config.bootstrap_samples, report.config.confidence,
          static_cast<std::uint64_t>(report.config.seed), 0};
}

/// A curve needs images of the class and others.
bool has_curve(const ClassCurve& curve) { return curve.prevalence > 0 && curve.prevalence < 1; }

Plot roc(const Predictions& predictions, const Report& report) {
  const SampleGroups groups = groups_of(predictions, report);
  std::vector<ClassCurve> curves;
  for (std::size_t c = 0; c < report.classes.size(); ++c) {
    ClassCurve curve = named_curve(report, c, "auroc");
    if (has_curve(curve)) {
      const ClassScores own = scores_of(predictions, c);
      const RocCurve points = roc_curve(own.scores, own.positive, RocPoints::corners);
      for (std::size_t i = 0; i < points.size(); ++i) {
        curve.x.push_back(points.false_positive_rate(i));
        curve.y.push_back(points.sensitivity(i));
      }
      curve.band = roc_band(own.scores, own.positive, groups, band_options(report));
    }
    curves.push_back(std::move(curve));
  }
  return roc_plot(curves);
}

Plot precision_recall(const Predictions& predictions, const Report& report) {
  const SampleGroups groups = groups_of(predictions, report);
  std::vector<ClassCurve> curves;
  for (std::size_t c = 0; c < report.classes.size(); ++c) {
    ClassCurve curve = named_curve(report, c, "average_precision");
    if (has_curve(curve)) {
      const ClassScores own = scores_of(predictions, c);
      const PrecisionRecallCurve points = precision_recall_curve(own.scores, own.positive);
      curve.x = points.recall;
      curve.y = points.precision;
      curve.band = precision_recall_band(own.scores, own.positive, groups, band_options(report));
    }
    curves.push_back(std::move(curve));
  }
  return precision_recall_plot(curves);
}

ReliabilitySeries reliability_series(const std::string& name, const Predictions& predictions,
                                     const ReportConfig& config, const Figure& error) {
  const ReliabilityBins bins =
      reliability(predictions.truth, predictions.matrix(), config.ece_bins);
  ReliabilitySeries series;
  series.name = name;
  for (std::int64_t b = 0; b < bins.bins(); ++b) {
    const auto count = static_cast<double>(bins.count(b));
    const Interval interval =
        bins.count(b) == 0 ? Interval{kNan, kNan}
                           : wilson_interval(bins.accuracy(b) * count, count, config.confidence);
    series.bins.push_back({bins.mean_confidence(b), bins.accuracy(b), interval, bins.count(b)});
  }
  series.expected_error = error.value.value_or(kNan);
  series.expected_error_interval = error.interval.value_or(Interval{kNan, kNan});
  return series;
}

/// Before and after temperature scaling, where there is one.
Plot reliability_diagram(const Predictions& predictions, const Report& report,
                         const std::optional<CalibrationAssessment>& calibration) {
  if (!calibration || calibration->after.empty()) {
    return reliability_plot(
        {reliability_series("", predictions, report.config, find_figure(report.metrics, "ece"))});
  }
  const double temperature = calibration->scaling.temperature;
  const Predictions other =
      rescaled(predictions, calibration->applied ? 1 / temperature : temperature);
  const Predictions& before = calibration->applied ? other : predictions;
  const Predictions& after = calibration->applied ? predictions : other;
  return reliability_plot({reliability_series("before scaling", before, report.config,
                                              find_figure(calibration->before, "ece")),
                           reliability_series("after scaling", after, report.config,
                                              find_figure(calibration->after, "ece"))});
}

std::vector<ScoreSamples> score_samples(const Predictions& predictions) {
  std::vector<ScoreSamples> out;
  for (std::size_t c = 0; c < predictions.classes.size(); ++c) {
    ScoreSamples samples{predictions.classes[c], {}, {}};
    const ClassScores own = scores_of(predictions, c);
    for (std::size_t i = 0; i < own.scores.size(); ++i) {
      (own.positive[i] ? samples.of_class : samples.of_rest).push_back(own.scores[i]);
    }
    out.push_back(std::move(samples));
  }
  return out;
}

RiskCoverageCurve curve_of(const Predictions& predictions,
                           const std::optional<UncertaintyAssessment>& assessment) {
  const RiskCoverage curve = assessment ? assessment->curve : risk_coverage(predictions);
  RiskCoverageCurve out{
      curve.coverage, curve.risk, curve.threshold, curve.area, curve.area_at_random, {}, {}, {}};
  if (assessment && assessment->answer && assessment->risk.value) {
    out.chosen = assessment->answered.value;
    out.chosen_risk = assessment->risk.value;
    out.chosen_risk_interval = assessment->risk.interval;
  }
  return out;
}

std::vector<std::vector<std::int64_t>> counts_of(const ConfusionMatrix& matrix) {
  std::vector<std::vector<std::int64_t>> out;
  for (std::int64_t t = 0; t < matrix.classes(); ++t) {
    out.emplace_back();
    for (std::int64_t p = 0; p < matrix.classes(); ++p) out.back().push_back(matrix(t, p));
  }
  return out;
}

}  // namespace

std::vector<Plot> evaluation_plots(const Predictions& predictions, const Report& report,
                                   const ReportContext& context) {
  const std::vector<ScoreSamples> scores = score_samples(predictions);
  std::vector<DecisionCurve> decisions;
  for (const ScoreSamples& samples : scores) decisions.push_back(decision_curve(samples));
  return {confusion_matrix_plot(report.classes, counts_of(report.confusion)),
          roc(predictions, report),
          precision_recall(predictions, report),
          reliability_diagram(predictions, report, context.calibration),
          score_distribution_plot(scores),
          decision_curve_plot(decisions),
          risk_coverage_plot(curve_of(predictions, context.uncertainty))};
}

void write_evaluation_figures(const std::filesystem::path& evaluation,
                              const Predictions& predictions, const Report& report,
                              const RowImage& image, const ReportContext& context) {
  const auto directory = evaluation / kFiguresFolder;
  const PlotWriter writer(directory);
  for (const Plot& plot : evaluation_plots(predictions, report, context)) writer.write(plot);
  std::vector<Misclassified> wrong = misclassified(predictions.classes, predictions.paths,
                                                   predictions.truth, predictions.matrix());
  if (wrong.size() > kGallery) wrong.resize(kGallery);
  std::vector<Tile> tiles;
  std::vector<std::vector<std::string>> values;
  for (const Misclassified& one : wrong) {
    tiles.push_back({image(one.row), captions_of(one)});
    values.push_back(values_of(one));
  }
  write_montage(directory, "misclassified", tiles, misclassified_columns(), {}, values);
}

RowImage images_beside(const std::filesystem::path& directory, const Predictions& predictions) {
  return [&predictions, directory](std::size_t row) {
    const std::filesystem::path path = predictions.paths[row];
    if (path.empty()) return cv::Mat();
    // An absolute path stays itself.
    for (const auto& file : {directory / path, path}) {
      try {
        return read_image(file).grey;
      } catch (const Error&) {  // a gallery shows what it can
        continue;
      }
    }
    return cv::Mat();
  };
}

}  // namespace xrayclf
