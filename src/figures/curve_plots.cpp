#include "script.hpp"
#include "xrayclf/figures/plots.hpp"

namespace xrayclf {
namespace {

using script::line;

constexpr std::size_t kTogether = 3;  // more curves hide each other
/// A curve of more points is thinned to steps that print cannot show.
constexpr std::size_t kManyPoints = 2000;
constexpr double kInvisible = 1.0 / kManyPoints;

/// What tells the two kinds of curve apart.
struct Kind {
  std::string name, alt;
  std::string x_label, y_label, x_column, y_column;
  std::string area;
  std::string style;  ///< of the line
  bool chance_is_prevalence;
};

const Kind& roc_kind() {
  static const Kind kind = {"roc",
                            "ROC curve of each class against the rest, with areas and intervals",
                            "1 - specificity",
                            "Sensitivity",
                            "false_positive_rate",
                            "sensitivity",
                            "AUROC",
                            "lines",
                            false};
  return kind;
}

/// Steps, not straight lines, which would promise precision between the points (Davis and Goadrich
/// 2006). Points come with falling recall, hence fsteps.
const Kind& precision_recall_kind() {
  static const Kind kind = {
      "precision_recall",
      "Precision-recall curve of each class against the rest; dotted: a classifier by chance",
      "Recall (sensitivity)",
      "Precision (PPV)",
      "recall",
      "precision",
      "AP",
      "fsteps",
      true};
  return kind;
}

/// The points of a curve without those within an upright stroke and, of very many, those that
/// moved invisibly since the last one kept.
std::vector<std::size_t> drawn_points(const ClassCurve& curve) {
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < curve.x.size(); ++i) {
    const bool end = i == 0 || i + 1 == curve.x.size();
    if (!end && curve.x[i] == curve.x[i - 1] && curve.x[i] == curve.x[i + 1]) continue;
    if (end || curve.x.size() <= kManyPoints ||
        std::fabs(curve.x[i] - curve.x[kept.back()]) >= kInvisible ||
        std::fabs(curve.y.at(i) - curve.y.at(kept.back())) >= kInvisible) {
      kept.push_back(i);
    }
  }
  return kept;
}

/// The curve's rows have y, the band's have low and high.
std::string curve_csv(const std::vector<ClassCurve>& curves, const Kind& kind) {
  std::string csv = csv_line({"class_index", kind.x_column, kind.y_column, kind.y_column + "_low",
                              kind.y_column + "_high", "class"});
  for (std::size_t c = 0; c < curves.size(); ++c) {
    const ClassCurve& curve = curves[c];
    const double nan = std::nan("");
    const auto index = static_cast<double>(c);
    for (const std::size_t i : drawn_points(curve)) {
      csv += script::row({index, curve.x[i], curve.y.at(i), nan, nan}, curve.name);
    }
    for (std::size_t i = 0; i < curve.band.x.size(); ++i) {
      csv += script::row({index, curve.band.x[i], nan, curve.band.low[i], curve.band.high[i]},
                         curve.name);
    }
  }
  return csv;
}

std::string area_text(const ClassCurve& curve, const Kind& kind) {
  return fmt::format("{} {}", kind.area, script::with_interval(curve.area, curve.area_interval, 3));
}

std::string band_part(const std::vector<ClassCurve>& curves, const Kind& kind, std::size_t c,
                      Colour colour) {
  if (curves[c].band.x.empty()) return "";
  return fmt::format(
      "'{}.csv' skip 1 using ($1=={}?$2:NaN):4:5 with filledcurves fillstyle transparent solid "
      "0.18 noborder fillcolor rgb {} notitle",
      kind.name, c, gnuplot_colour(colour));
}

std::string chance_part(const std::vector<ClassCurve>& curves, const Kind& kind, std::size_t c,
                        Colour colour) {
  if (!kind.chance_is_prevalence) {
    return "x with lines linecolor rgb '#606060' dashtype 2 linewidth 1 notitle";
  }
  return fmt::format("{} with lines linecolor rgb {} dashtype 3 linewidth 1 notitle",
                     curves[c].prevalence, gnuplot_colour(colour));
}

std::string curve_part(const Kind& kind, std::size_t c, const std::string& style) {
  return fmt::format("'{}.csv' skip 1 using ($1=={}?$2:NaN):3 with {} {}", kind.name, c, kind.style,
                     style);
}

void plot_parts(Plot& plot, std::vector<std::string> parts) {
  std::erase(parts, "");
  if (parts.empty()) parts.emplace_back("NaN notitle");
  plot.script += "plot " + join(parts, ", \\\n     ") + "\n";
}

/// All in one square, with the key below so that long names do not squeeze it.
void together(Plot& plot, const std::vector<ClassCurve>& curves, const Kind& kind) {
  plot.width = 620;
  plot.height = 600 + 22 * static_cast<std::int64_t>(curves.size());
  line(plot.script, "set key outside bottom center vertical maxcols 1 Left reverse samplen 3");
  std::vector<std::string> parts;
  for (std::size_t c = 0; c < curves.size(); ++c) {
    parts.push_back(band_part(curves, kind, c, series_colour(c)));
  }
  for (std::size_t c = 0; c < curves.size(); ++c) {
    parts.push_back(
        kind.chance_is_prevalence || c == 0 ? chance_part(curves, kind, c, series_colour(c)) : "");
    parts.push_back(
        curve_part(kind, c,
                   fmt::format("{} title {}", script::line_style(c),
                               gnuplot_text(display_name(curves[c].name, script::kKeyName) + "   " +
                                            area_text(curves[c], kind)))));
  }
  plot_parts(plot, parts);
}

void apart(Plot& plot, const std::vector<ClassCurve>& curves, const Kind& kind) {
  script::begin_panels(plot, curves.size(), 250, 270);
  line(plot.script, "unset key\nset xtics 0.25\nset ytics 0.25");
  const Colour own = series_colour(0);
  for (std::size_t c = 0; c < curves.size(); ++c) {
    script::panel_title(plot, curves[c].name);
    line(plot.script,
         "set label 1 {} at graph 0.5, graph 1.06 center font ',9' textcolor rgb '#404040'",
         gnuplot_text(area_text(curves[c], kind)));
    std::vector<std::string> parts;
    for (std::size_t other = 0; other < curves.size(); ++other) {
      if (other == c) continue;
      parts.push_back(curve_part(kind, other, "linecolor rgb '#CFCFCF' linewidth 0.8 notitle"));
    }
    parts.push_back(band_part(curves, kind, c, own));
    parts.push_back(chance_part(curves, kind, c, {0x60, 0x60, 0x60}));
    parts.push_back(curve_part(kind, c, script::line_style(0) + " notitle"));
    plot_parts(plot, parts);
  }
  line(plot.script, "unset multiplot");
}

Plot curve_plot(const std::vector<ClassCurve>& curves, const Kind& kind) {
  Plot plot;
  plot.name = kind.name;
  plot.alt = kind.alt;
  plot.csv = curve_csv(curves, kind);
  line(plot.script, "set xlabel '{}'\nset ylabel '{}'", kind.x_label, kind.y_label);
  line(plot.script, "set xrange [0:1]\nset yrange [0:1.005]\nset size ratio 1");
  curves.size() <= kTogether ? together(plot, curves, kind) : apart(plot, curves, kind);
  return plot;
}

}  // namespace

Plot roc_plot(const std::vector<ClassCurve>& curves) { return curve_plot(curves, roc_kind()); }

Plot precision_recall_plot(const std::vector<ClassCurve>& curves) {
  return curve_plot(curves, precision_recall_kind());
}

}  // namespace xrayclf
