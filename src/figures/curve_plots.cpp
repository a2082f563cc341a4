#include "script.hpp"
#include "xrayclf/figures/plots.hpp"

namespace xrayclf {
namespace {

using script::line;

constexpr std::size_t kMostBands = 3;  // more of them hide each other

/// "title 'name  AUROC 0.93 (0.91 to 0.95)'"
std::string key_entry(const ClassCurve& curve, std::string_view area_name) {
  return gnuplot_text(fmt::format("{}   {} {}", display_name(curve.name, script::kKeyName),
                                  area_name,
                                  script::with_interval(curve.area, curve.area_interval, 3)));
}

std::string curve_csv(const std::vector<ClassCurve>& curves, const std::string& x,
                      const std::string& y) {
  std::string csv = csv_line({"class_index", x, y, y + "_low", y + "_high", "class"});
  for (std::size_t c = 0; c < curves.size(); ++c) {
    const ClassCurve& curve = curves[c];
    const bool band = curve.low.size() == curve.x.size() && curve.high.size() == curve.x.size();
    for (std::size_t i = 0; i < curve.x.size(); ++i) {
      csv += script::row({static_cast<double>(c), curve.x[i], curve.y.at(i),
                          band ? curve.low[i] : std::nan(""), band ? curve.high[i] : std::nan("")},
                         curve.name);
    }
  }
  return csv;
}

/// The unit square, with the key below so that long names do not squeeze it.
void square(Plot& plot, std::size_t classes, const std::string& x, const std::string& y) {
  plot.width = 620;
  plot.height = 600 + 22 * static_cast<std::int64_t>(classes);
  line(plot.script, "set xlabel '{}'\nset ylabel '{}'", x, y);
  line(plot.script, "set xrange [0:1]\nset yrange [0:1.005]\nset size ratio 1");
  line(plot.script, "set key outside bottom center vertical maxcols 1 Left reverse samplen 3");
}

std::vector<std::string> bands(const Plot& plot, const std::vector<ClassCurve>& curves) {
  std::vector<std::string> parts;
  for (std::size_t c = 0; c < curves.size() && curves.size() <= kMostBands; ++c) {
    if (curves[c].low.empty()) continue;
    parts.push_back(
        fmt::format("'{}.csv' skip 1 using ($1=={}?$2:NaN):4:5 with filledcurves "
                    "fillstyle transparent solid 0.15 noborder fillcolor rgb {} notitle",
                    plot.name, c, gnuplot_colour(series_colour(c))));
  }
  return parts;
}

void append_plot(Plot& plot, const std::vector<std::string>& parts) {
  plot.script += "plot " + join(parts, ", \\\n     ") + "\n";
}

}  // namespace

Plot roc_plot(const std::vector<ClassCurve>& curves) {
  Plot plot;
  plot.name = "roc";
  plot.alt = "ROC curve of each class against the rest, with areas and intervals";
  plot.csv = curve_csv(curves, "false_positive_rate", "sensitivity");
  square(plot, curves.size(), "1 - specificity", "Sensitivity");
  std::vector<std::string> parts = bands(plot, curves);
  parts.emplace_back("x with lines linecolor rgb '#606060' dashtype 2 linewidth 1 notitle");
  for (std::size_t c = 0; c < curves.size(); ++c) {
    parts.push_back(fmt::format("'{}.csv' skip 1 using ($1=={}?$2:NaN):3 with lines {} title {}",
                                plot.name, c, script::line_style(c),
                                key_entry(curves[c], "AUROC")));
  }
  append_plot(plot, parts);
  return plot;
}

Plot precision_recall_plot(const std::vector<ClassCurve>& curves) {
  Plot plot;
  plot.name = "precision_recall";
  plot.alt =
      "Precision-recall curve of each class against the rest; dotted: a classifier by chance";
  plot.csv = curve_csv(curves, "recall", "precision");
  square(plot, curves.size(), "Recall (sensitivity)", "Precision (positive predictive value)");
  std::vector<std::string> parts = bands(plot, curves);
  for (std::size_t c = 0; c < curves.size(); ++c) {
    parts.push_back(fmt::format("{} with lines linecolor rgb {} dashtype 3 linewidth 0.8 notitle",
                                curves[c].prevalence, gnuplot_colour(series_colour(c))));
    // Steps, not straight lines, which would promise precision between the points (Davis and
    // Goadrich 2006). Points come with falling recall, hence fsteps.
    parts.push_back(fmt::format("'{}.csv' skip 1 using ($1=={}?$2:NaN):3 with fsteps {} title {}",
                                plot.name, c, script::line_style(c), key_entry(curves[c], "AP")));
  }
  append_plot(plot, parts);
  return plot;
}

}  // namespace xrayclf
