#include <algorithm>

#include "script.hpp"
#include "xrayclf/figures/plots.hpp"

namespace xrayclf {
namespace {

using script::line;

/// A panel's lines: column in the CSV file and title.
struct Series {
  int column;
  std::string title;
  bool has_values;
};

/// Lines that stand in every panel: where a phase begins, and the epoch that was taken.
std::string marks(const std::vector<HistoryPoint>& history, std::optional<double> best_epoch) {
  std::string out;
  for (std::size_t i = 0; i < history.size(); ++i) {
    const bool begins = i == 0 || history[i].phase != history[i - 1].phase;
    if (!begins || history[i].phase.empty()) continue;
    const double at = history[i].epoch - 0.5;
    if (i > 0) {
      line(out,
           "set arrow from {0}, graph 0 to {0}, graph 1 nohead dashtype 2 linecolor rgb '#606060'",
           at);
    }
    line(out, "set label {} at {}, graph 1.04 left font ',9' textcolor rgb '#404040'",
         gnuplot_text(display_name(history[i].phase, script::kTicName)), at);
  }
  if (best_epoch) {
    line(out,
         "set arrow from {0}, graph 0 to {0}, graph 1 nohead dashtype 3 linecolor rgb '#000000'",
         *best_epoch);
    line(out, "set label 'taken' at {}, graph 0.5 rotate by 90 center offset -0.8,0 font ',9'",
         *best_epoch);
  }
  return out;
}

void panel(std::string& script, const std::string& title, const std::vector<Series>& series,
           const std::string& style) {
  line(script, "set ylabel {}", gnuplot_text(title));
  std::string parts;
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (!series[i].has_values) continue;
    if (!parts.empty()) parts += ", \\\n     ";
    parts += fmt::format(
        "'history.csv' skip 1 using 1:{} with {} pointtype {} pointsize 0.5 {} title '{}'",
        series[i].column, style, i == 0 ? 7 : 5, script::line_style(i), series[i].title);
  }
  if (parts.empty()) parts = "[][0:1] NaN title 'not measured'";
  line(script, "plot {}", parts);
}

}  // namespace

Plot history_plot(const std::vector<HistoryPoint>& history, std::optional<double> best_epoch) {
  Plot plot;
  plot.name = "history";
  plot.alt = "Loss, accuracy, AUROC and learning rate by epoch, in training and validation";
  plot.width = 900;
  plot.height = 640;
  plot.csv = csv_line({"epoch", "loss", "val_loss", "accuracy", "val_accuracy", "auroc",
                       "val_auroc", "learning_rate", "phase"});
  double last = 1;
  bool positive_rates = !history.empty();
  for (const HistoryPoint& p : history) {
    plot.csv += script::row({p.epoch, p.loss, p.val_loss, p.accuracy, p.val_accuracy, p.auroc,
                             p.val_auroc, p.learning_rate},
                            p.phase);
    last = std::max(last, p.epoch);
    positive_rates = positive_rates && p.learning_rate > 0;
  }
  const auto measured = [&](double HistoryPoint::*member) {
    return std::any_of(history.begin(), history.end(),
                       [&](const HistoryPoint& p) { return std::isfinite(p.*member); });
  };
  line(plot.script, "set multiplot layout 2,2 spacing 0.1,0.12 margins 0.09,0.98,0.09,0.95");
  line(plot.script, "set xlabel 'Epoch'\nset xrange [0.5:{}]", last + 0.5);
  if (last <= 20) line(plot.script, "set xtics 1,{}", last <= 10 ? 1 : 2);
  line(plot.script, "set key top right opaque");
  plot.script += marks(history, best_epoch);
  panel(plot.script, "Loss",
        {{2, "training", measured(&HistoryPoint::loss)},
         {3, "validation", measured(&HistoryPoint::val_loss)}},
        "linespoints");
  line(plot.script, "set key bottom right opaque\nset yrange [:*<1.0]");
  panel(plot.script, "Accuracy",
        {{4, "training", measured(&HistoryPoint::accuracy)},
         {5, "validation", measured(&HistoryPoint::val_accuracy)}},
        "linespoints");
  panel(plot.script, "AUROC",
        {{6, "training", measured(&HistoryPoint::auroc)},
         {7, "validation", measured(&HistoryPoint::val_auroc)}},
        "linespoints");
  line(plot.script, "unset key\nset yrange [*:*]");
  if (positive_rates) line(plot.script, "set logscale y\nset format y '%.0e'");
  panel(plot.script, "Learning rate",
        {{8, "learning rate", measured(&HistoryPoint::learning_rate)}}, "linespoints");
  line(plot.script, "unset multiplot");
  return plot;
}

}  // namespace xrayclf
