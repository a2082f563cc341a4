#include "script.hpp"
#include "xrayclf/figures/plots.hpp"

namespace xrayclf {
namespace {

using script::line;

std::string reliability_csv(const std::vector<ReliabilitySeries>& series) {
  std::string csv = csv_line({"series_index", "bin_low", "bin_high", "mean_confidence", "accuracy",
                              "accuracy_low", "accuracy_high", "images", "series"});
  for (std::size_t s = 0; s < series.size(); ++s) {
    const auto bins = static_cast<double>(series[s].bins.size());
    for (std::size_t b = 0; b < series[s].bins.size(); ++b) {
      const ReliabilityBin& bin = series[s].bins[b];
      const auto at = static_cast<double>(b);
      csv += script::row(
          {static_cast<double>(s), at / bins, (at + 1) / bins, bin.confidence, bin.accuracy,
           bin.accuracy_interval.low, bin.accuracy_interval.high, static_cast<double>(bin.count)},
          series[s].name);
    }
  }
  return csv;
}

}  // namespace

Plot reliability_plot(const std::vector<ReliabilitySeries>& series) {
  Plot plot;
  plot.name = "reliability";
  plot.alt = "Reliability diagram: accuracy by confidence, and how many images had it";
  plot.width = 620;
  plot.height = 700;
  plot.csv = reliability_csv(series);
  line(plot.script, "set multiplot");
  line(plot.script, "set lmargin at screen 0.12\nset rmargin at screen 0.97\nset xrange [0:1]");
  line(plot.script, "set tmargin at screen 0.97\nset bmargin at screen 0.32");
  line(plot.script, "set yrange [0:1.005]\nset ylabel 'Accuracy'\nset format x ''");
  line(plot.script, "set key top left Left reverse");
  std::string parts = "x with lines linecolor rgb '#606060' dashtype 2 title 'calibrated'";
  std::string bars;
  for (std::size_t s = 0; s < series.size(); ++s) {
    const std::string colour = gnuplot_colour(series_colour(s));
    const std::string title = gnuplot_text(fmt::format(
        "{}{}ECE {}", display_name(series[s].name, script::kKeyName),
        series[s].name.empty() ? "" : "   ",
        script::with_interval(series[s].expected_error, series[s].expected_error_interval, 3)));
    parts += fmt::format(
        ", \\\n     'reliability.csv' skip 1 using ($1=={0}?$4:NaN):5:6:7 with yerrorbars "
        "pointtype 0 "
        "linecolor rgb {1} linewidth 1 notitle, \\\n     'reliability.csv' skip 1 using "
        "($1=={0}?$4:NaN):5 with linespoints pointtype {2} pointsize 0.7 {3} title {4}",
        s, colour, s == 0 ? 7 : 5, script::line_style(s), title);
    // Series stand side by side within a bin.
    const double share = 1.0 / static_cast<double>(series.size());
    bars += fmt::format(
        "{0}'reliability.csv' skip 1 using "
        "($1=={1}?($2+$3)/2:NaN):8:($2+($3-$2)*{2}):($2+($3-$2)*{3}):(0):8 "
        "with boxxyerror linecolor rgb {4} notitle",
        s ? ", \\\n     " : "", s, share * (static_cast<double>(s) + 0.04),
        share * (static_cast<double>(s) + 0.96), colour);
  }
  line(plot.script, "plot {}", parts);
  line(plot.script, "set tmargin at screen 0.28\nset bmargin at screen 0.09");
  line(plot.script,
       "set yrange [0:*]\nset ylabel 'Images'\nset xlabel 'Confidence'\nset format x '%.1f'");
  line(plot.script, "set style fill solid 1.0 noborder\nunset key");
  if (!bars.empty()) line(plot.script, "plot {}", bars);
  line(plot.script, "unset multiplot");
  return plot;
}

}  // namespace xrayclf
