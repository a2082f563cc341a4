#include "script.hpp"
#include "xrayclf/figures/plots.hpp"

namespace xrayclf {
using script::line;

Plot class_distribution_plot(const std::vector<std::string>& classes,
                             const std::vector<SplitCounts>& splits) {
  Plot plot;
  plot.name = "class_distribution";
  plot.alt = "Bars: images of each class in each part of the data";
  const auto bars = static_cast<std::int64_t>(classes.size() * splits.size());
  plot.width = 760;
  plot.height = 110 + 24 * static_cast<std::int64_t>(classes.size()) + 20 * bars;

  plot.csv = csv_line({"class_index", "split_index", "images", "split", "class"});
  std::int64_t most = 1;
  for (std::size_t c = 0; c < classes.size(); ++c) {
    for (std::size_t s = 0; s < splits.size(); ++s) {
      const std::int64_t count = splits[s].counts.at(c);
      most = std::max(most, count);
      plot.csv += csv_line({std::to_string(c), std::to_string(s), std::to_string(count),
                            display_name(splits[s].name, script::kLongName),
                            display_name(classes[c], script::kLongName)});
    }
  }
  line(plot.script, "set xlabel 'Images'");
  line(plot.script, "set xrange [0:{}]", 1.12 * static_cast<double>(most));
  line(plot.script, "set yrange [{}:-0.5]", static_cast<double>(classes.size()) - 0.5);
  plot.script += script::tics("y", classes, "scale 0");
  line(plot.script, "unset grid\nset grid xtics");
  line(plot.script, "set style fill solid 1.0 noborder");
  line(plot.script, "set key outside top center horizontal reverse Left");
  plot.script += "plot ";
  const double height = 0.8 / static_cast<double>(std::max<std::size_t>(1, splits.size()));
  for (std::size_t s = 0; s < splits.size(); ++s) {
    const double low = -0.4 + height * static_cast<double>(s);
    const std::string rows = fmt::format("($2=={}?$3:NaN)", s);
    line(plot.script,
         "'{0}.csv' skip 1 using {1}:($1+{2}):(0):3:($1+{3}):($1+{4}) with boxxyerror "
         "linecolor rgb {5} title {6}, \\",
         plot.name, rows, low + height / 2, low + 0.04 * height, low + 0.96 * height,
         gnuplot_colour(series_colour(s)),
         gnuplot_text(display_name(splits[s].name, script::kKeyName)));
    line(plot.script,
         "'{0}.csv' skip 1 using {1}:($1+{2}):(sprintf(' %d',$3)) with labels left notitle{3}",
         plot.name, rows, low + height / 2, s + 1 < splits.size() ? ", \\" : "");
  }
  return plot;
}

}  // namespace xrayclf
