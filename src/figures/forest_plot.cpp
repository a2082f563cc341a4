#include <algorithm>
#include <cmath>
#include <limits>

#include "script.hpp"
#include "xrayclf/figures/plots.hpp"

namespace xrayclf {
namespace {

using script::line;

constexpr std::size_t kRowName = 40;
constexpr std::size_t kTitle = 36;
constexpr double kPanel = 210;  ///< points: the axes
constexpr double kText = 190;   ///< the numbers beside them
constexpr double kRow = 26;
constexpr double kTop = 16;
constexpr double kBottom = 52;

struct Range {
  double low = 0;
  double high = 1;
};

/// Everything that is drawn, and a little more; [0, 1] where nothing is.
Range range_of(const ForestPanel& panel) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  const auto include = [&](double x) {
    if (std::isnan(x)) return;
    low = std::min(low, x);
    high = std::max(high, x);
  };
  for (const ForestPoint& point : panel.points) {
    include(point.value);
    include(point.interval.low);
    include(point.interval.high);
  }
  if (panel.reference) include(*panel.reference);
  if (!(low <= high)) return {};
  const double margin = std::max(0.06 * (high - low), 0.005);
  return {low - margin, high + margin};
}

std::string forest_csv(const std::vector<std::string>& rows,
                       const std::vector<ForestPanel>& panels) {
  std::string csv = csv_line({"panel_index", "row_index", "value", "low", "high", "panel", "row"});
  for (std::size_t p = 0; p < panels.size(); ++p) {
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const ForestPoint& point = panels[p].points.at(r);
      csv += csv_line({std::to_string(p), std::to_string(r), csv_number(point.value),
                       csv_number(point.interval.low), csv_number(point.interval.high),
                       display_name(panels[p].title, script::kLongName),
                       display_name(rows[r], script::kLongName)});
    }
  }
  return csv;
}

}  // namespace

Plot forest_plot(const std::string& name, const std::string& alt,
                 const std::vector<std::string>& rows, const std::vector<ForestPanel>& panels) {
  Plot plot;
  plot.name = name;
  plot.alt = alt;
  std::size_t longest = 0;
  for (const std::string& row : rows) {
    longest = std::max(longest, display_columns(display_name(row, kRowName)));
  }
  const double left = 24 + 8 * static_cast<double>(longest);
  const double width = left + static_cast<double>(panels.size()) * (kPanel + kText);
  const double height = kTop + kBottom + kRow * static_cast<double>(rows.size());
  plot.width = static_cast<std::int64_t>(width);
  plot.height = static_cast<std::int64_t>(height);
  plot.csv = forest_csv(rows, panels);

  line(plot.script, "set multiplot\nunset key\nset border 1\nunset grid\nset grid xtics");
  line(plot.script, "set tmargin at screen {:.4f}\nset bmargin at screen {:.4f}", 1 - kTop / height,
       kBottom / height);
  line(plot.script, "set yrange [{}:-0.5]", static_cast<double>(rows.size()) - 0.5);
  for (std::size_t p = 0; p < panels.size(); ++p) {
    const ForestPanel& panel = panels[p];
    const double start = left + static_cast<double>(p) * (kPanel + kText);
    line(plot.script, "set lmargin at screen {:.4f}\nset rmargin at screen {:.4f}", start / width,
         (start + kPanel) / width);
    plot.script += "set ytics scale 0 (";
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const std::string shown = p == 0 ? display_name(rows[r], kRowName) : "";
      plot.script += fmt::format("{}{} {}", r ? ", " : "", gnuplot_tic(shown), r);
    }
    plot.script += ")\n";
    const Range range = range_of(panel);
    line(plot.script, "set xrange [{}:{}]\nset xtics autofreq\nset xtics {}", range.low, range.high,
         (range.high - range.low) > 0.5    ? 0.2
         : (range.high - range.low) > 0.2  ? 0.1
         : (range.high - range.low) > 0.08 ? 0.05
                                           : 0.02);
    line(plot.script, "set xlabel {}", gnuplot_text(display_name(panel.title, kTitle)));
    line(plot.script, "unset label\nunset arrow");
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const ForestPoint& point = panel.points.at(r);
      line(plot.script, "set label {} at graph 1.03, first {} left font ',10'",
           gnuplot_text(script::with_interval(point.value, point.interval, 3)), r);
    }
    if (panel.reference) {
      line(plot.script,
           "set arrow from first {0}, graph 0 to first {0}, graph 1 nohead linecolor rgb "
           "'#606060' dashtype 2 back",
           *panel.reference);
    }
    line(plot.script,
         "plot '{0}.csv' skip 1 using ($1=={1}?$3:NaN):2:4:5 with xerrorbars pointtype 0 linecolor "
         "rgb {2} linewidth 1.6, \\\n     '{0}.csv' skip 1 using ($1=={1}?$3:NaN):2 with points "
         "pointtype 5 pointsize 0.8 linecolor rgb {2}, \\\n     NaN",
         plot.name, p, gnuplot_colour(series_colour(0)));
  }
  line(plot.script, "unset multiplot");
  return plot;
}

}  // namespace xrayclf
