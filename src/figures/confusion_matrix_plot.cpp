#include <algorithm>
#include <numeric>

#include "script.hpp"
#include "xrayclf/figures/plots.hpp"

namespace xrayclf {
using script::line;

namespace {
constexpr std::size_t kUprightName = 13;  // as wide as a cell; longer names stand aslant
// Points around the cells: the true classes' names, the colours' scale, and air.
constexpr std::int64_t kLeft = 235, kRight = 110, kTop = 20;
}  // namespace

Plot confusion_matrix_plot(const std::vector<std::string>& classes,
                           const std::vector<std::vector<std::int64_t>>& counts) {
  Plot plot;
  plot.name = "confusion_matrix";
  plot.alt =
      "Confusion matrix: true classes in rows, predicted classes in columns, counts and row per "
      "cent";
  const auto n = static_cast<std::int64_t>(classes.size());
  const std::int64_t cell = n <= 4 ? 110 : 62;

  plot.csv = csv_line(
      {"true_index", "predicted_index", "count", "row_per_cent", "true_class", "predicted_class"});
  for (std::size_t t = 0; t < classes.size(); ++t) {
    const std::int64_t total =
        std::accumulate(counts.at(t).begin(), counts.at(t).end(), std::int64_t{0});
    for (std::size_t p = 0; p < classes.size(); ++p) {
      const double share =
          total == 0 ? std::nan("")
                     : 100.0 * static_cast<double>(counts[t].at(p)) / static_cast<double>(total);
      plot.csv += csv_line({std::to_string(t), std::to_string(p), std::to_string(counts[t][p]),
                            csv_number(share), display_name(classes[t], script::kLongName),
                            display_name(classes[p], script::kLongName)});
    }
  }
  line(plot.script, "set xlabel 'Predicted'\nset ylabel 'True'");
  line(plot.script, "set xrange [-0.5:{0}]\nset yrange [{0}:-0.5]", static_cast<double>(n) - 0.5);
  const bool upright =
      n <= 4 && std::all_of(classes.begin(), classes.end(), [](const auto& name) {
        return display_name(name, kUprightName) == display_name(name, script::kLongName);
      });
  // Fixed margins make every cell a square of `cell` points, whatever the names.
  const std::int64_t below = upright ? 60 : 170;
  // gnuplot widens the scale with the picture.
  plot.width = kLeft + cell * n + kRight + 6 * n;
  plot.height = kTop + cell * n + below;
  const auto part = [](std::int64_t points, std::int64_t whole) {
    return static_cast<double>(points) / static_cast<double>(whole);
  };
  line(plot.script, "set lmargin at screen {}\nset rmargin at screen {}", part(kLeft, plot.width),
       part(kLeft + cell * n, plot.width));
  line(plot.script, "set bmargin at screen {}\nset tmargin at screen {}", part(below, plot.height),
       part(below + cell * n, plot.height));
  plot.script +=
      script::tics("x", classes, upright ? "scale 0" : "scale 0 rotate by -40 font ',10'");
  plot.script += script::tics("y", classes, upright ? "scale 0" : "scale 0 font ',10'");
  line(plot.script, "unset grid\nunset border");
  line(plot.script, "set palette defined (0 '#FFFFFF', 100 {})", gnuplot_colour(series_colour(0)));
  line(plot.script, "set cbrange [0:100]\nset cblabel 'Row per cent'");
  line(plot.script, "set style fill solid 1.0 border linecolor rgb '#B0B0B0'\nunset key");
  // A class without images has no shares: its cells are white and show the count alone.
  const std::string font = n <= 4 ? ",12" : ",9";
  line(plot.script, "share(text) = text eq '' ? 0.0 : real(text)");
  line(plot.script,
       "cell(count, text) = text eq '' ? sprintf('%d', count) "
       ": sprintf(\"%d\\n%.1f %%\", count, real(text))");
  line(plot.script,
       "plot '{0}.csv' skip 1 using 2:1:($2-0.5):($2+0.5):($1-0.5):($1+0.5):(share(strcol(4))) "
       "with boxxyerror fillcolor palette, \\",
       plot.name);
  line(plot.script,
       "'{}.csv' skip 1 using 2:1:(cell($3, strcol(4))):(share(strcol(4)) > 75 ? 0xFFFFFF : 0) "
       "with labels font '{}' textcolor rgb variable",
       plot.name, font);
  return plot;
}

}  // namespace xrayclf
