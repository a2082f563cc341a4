#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "xrayclf/figures/plot.hpp"
#include "xrayclf/metrics/curve_band.hpp"
#include "xrayclf/metrics/interval.hpp"

/// The figures of a run, from plain data. Every function takes any number of classes; NaN leaves a
/// gap.
namespace xrayclf {

/// Images of each class in one part of the data.
struct SplitCounts {
  std::string name;
  std::vector<std::int64_t> counts;  ///< by class
};
Plot class_distribution_plot(const std::vector<std::string>& classes,
                             const std::vector<SplitCounts>& splits);

struct HistoryPoint {
  double epoch = 0;  ///< from 1, over all phases
  double loss = 0, accuracy = 0, auroc = 0;
  double val_loss = 0, val_accuracy = 0, val_auroc = 0;
  double learning_rate = 0;
  std::string phase;  ///< "" where there is but one
};
/// Loss, accuracy, AUROC and learning rate in four panels; a line at every change of phase, and one
/// at the epoch that was taken.
Plot history_plot(const std::vector<HistoryPoint>& history, std::optional<double> best_epoch);

/// counts[true][predicted]; each cell shows the count and its share of the row.
Plot confusion_matrix_plot(const std::vector<std::string>& classes,
                           const std::vector<std::vector<std::int64_t>>& counts);

/// One class against the rest.
struct ClassCurve {
  std::string name;
  std::vector<double> x;
  std::vector<double> y;
  CurveBand band;  ///< around y; may be empty
  double area = 0;
  Interval area_interval;
  double prevalence = 0;  ///< share of the class; the level of chance of a precision-recall curve
};
/// x: 1 - specificity, y: sensitivity. Up to three classes share one picture; more have a panel
/// each, with the others behind it in grey.
Plot roc_plot(const std::vector<ClassCurve>& curves);
/// x: recall, y: precision.
Plot precision_recall_plot(const std::vector<ClassCurve>& curves);

struct ReliabilityBin {
  double confidence = 0;  ///< mean of the bin; NaN in an empty one
  double accuracy = 0;
  Interval accuracy_interval;
  std::int64_t count = 0;
};
struct ReliabilitySeries {
  std::string name;                  ///< "before", "after"
  std::vector<ReliabilityBin> bins;  ///< equal width over [0, 1]
  double expected_error = 0;
  Interval expected_error_interval;
};
Plot reliability_plot(const std::vector<ReliabilitySeries>& series);

/// A value of one row; NaN where there is none, or no interval.
struct ForestPoint {
  double value = 0;
  Interval interval;
};
/// One figure of all rows.
struct ForestPanel {
  std::string title;
  std::vector<ForestPoint> points;  ///< one a row
  std::optional<double> reference;  ///< a dashed line, as at 0 for differences
};
/// Values with their intervals, a line a row and a panel a figure, the numbers beside them.
Plot forest_plot(const std::string& name, const std::string& alt,
                 const std::vector<std::string>& rows, const std::vector<ForestPanel>& panels);

/// The probability that images got for one class, by whether they belong to it.
struct ScoreSamples {
  std::string name;
  std::vector<double> of_class;
  std::vector<double> of_rest;
};
Plot score_distribution_plot(const std::vector<ScoreSamples>& classes);

/// Net benefit (Vickers and Elkin 2006): TP/n - FP/n * t/(1-t) at decision threshold t.
struct DecisionCurve {
  std::string name;
  std::vector<double> thresholds;  ///< in [0, 1)
  std::vector<double> net_benefit;
  std::vector<double> treat_all;
};
/// From the probabilities of one class, positive where at least the threshold, at 0, 0.01, ...
/// 0.99.
DecisionCurve decision_curve(const ScoreSamples& samples);
Plot decision_curve_plot(const std::vector<DecisionCurve>& classes);

/// Errors among the answered by the share that is answered, the most certain first.
struct RiskCoverageCurve {
  std::vector<double> coverage;  ///< rising to 1
  std::vector<double> risk;
  std::vector<double> threshold;  ///< confidence of the last that is answered
  double area = 0;
  double errors = 0;                  ///< share of errors among all: the level of chance
  std::optional<double> chosen;       ///< coverage at the threshold that was chosen
  std::optional<double> chosen_risk;  ///< and the risk there
  std::optional<Interval> chosen_risk_interval;
};
/// Dashed: certainty unrelated to errors; dotted: every error less certain than every right answer.
Plot risk_coverage_plot(const RiskCoverageCurve& curve);

}  // namespace xrayclf
