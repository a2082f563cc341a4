#include "script.hpp"
#include "xrayclf/figures/plots.hpp"

namespace xrayclf {

using script::line;

Plot risk_coverage_plot(const RiskCoverageCurve& curve) {
  Plot plot;
  plot.name = "risk_coverage";
  plot.alt = "Errors among the answered images by the share that is answered";
  plot.width = 620;
  plot.height = 640;
  plot.csv = csv_line({"coverage", "risk", "confidence"});
  for (std::size_t i = 0; i < curve.coverage.size(); ++i) {
    plot.csv += csv_line(
        {csv_number(curve.coverage[i]), csv_number(curve.risk[i]), csv_number(curve.threshold[i])});
  }
  line(plot.script, "set xrange [0:1]\nset yrange [0:*]");
  line(plot.script, "set xlabel 'Coverage (share answered)'");
  line(plot.script, "set bmargin at screen 0.2");  // or gnuplot puts the key upon the label
  line(plot.script, "set ylabel 'Risk (share of errors among the answered)'");
  line(plot.script, "set key outside bottom center vertical maxcols 1 Left reverse samplen 3");
  line(plot.script, "best(x) = x > 1 - {0} ? (x - 1 + {0}) / x : 0", csv_number(curve.errors));
  line(plot.script, "set samples 500");
  std::string parts = fmt::format(
      "{} with lines linecolor rgb '#606060' dashtype 2 title 'certainty unrelated to errors', "
      "\\\n     best(x) with "
      "lines linecolor rgb '#606060' dashtype 3 title 'every error the least certain', \\\n     "
      "'risk_coverage.csv' skip 1 "
      "using 1:2 with lines {} title 'area {:.3f}'",
      csv_number(curve.errors), script::line_style(0), curve.area);
  if (curve.chosen && curve.chosen_risk) {
    const Interval risk =
        curve.chosen_risk_interval.value_or(Interval{*curve.chosen_risk, *curve.chosen_risk});
    line(plot.script, "$chosen << EOD\n{},{},{},{}\nEOD", csv_number(*curve.chosen),
         csv_number(*curve.chosen_risk), csv_number(risk.low), csv_number(risk.high));
    parts += fmt::format(
        ", \\\n     $chosen using 1:2:3:4 with yerrorbars pointtype 7 pointsize 1 linecolor rgb {} "
        "linewidth 1.5 title 'chosen: {:.1f} % answered, {:.1f} % wrong'",
        gnuplot_colour(series_colour(1)), 100 * *curve.chosen, 100 * *curve.chosen_risk);
  }
  line(plot.script, "plot {}", parts);
  return plot;
}

}  // namespace xrayclf
