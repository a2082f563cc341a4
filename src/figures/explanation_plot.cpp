#include "xrayclf/figures/explanation_plot.hpp"

#include "script.hpp"

namespace xrayclf {
namespace {

using script::line;

/// Rows of the data file: which series, place, mean and quartiles.
enum Series {
  kInsertion,
  kInsertionRandom,
  kDeletion,
  kDeletionRandom,
  kHottest,
  kColdest,
  kSimilarity,
  kShare
};

void add_series(std::string& csv, Series series, const std::vector<double>& places,
                const MeanSeries& values, const std::string& name) {
  for (std::size_t i = 0; i < values.mean.size(); ++i) {
    csv += script::row({static_cast<double>(series), places.at(i), values.mean[i], values.low.at(i),
                        values.high.at(i)},
                       name);
  }
}

std::vector<double> evenly(std::size_t count, double step) {
  std::vector<double> places;
  for (std::size_t i = 0; i < count; ++i) places.push_back(static_cast<double>(i) * step);
  return places;
}

/// "'explanation_quality.csv' ... with ..." of one series.
std::string curve(Series series, const std::string& style, const std::string& title) {
  return fmt::format("'explanation_quality.csv' skip 1 using ($1=={}?$2:NaN):3 with {} title '{}'",
                     static_cast<int>(series), style, title);
}

std::string band(Series series, std::size_t colour) {
  return fmt::format(
      "'explanation_quality.csv' skip 1 using ($1=={}?$2:NaN):4:5 with filledcurves "
      "fillstyle transparent solid 0.15 noborder fillcolor rgb {} notitle",
      static_cast<int>(series), gnuplot_colour(series_colour(colour)));
}

std::string solid(std::size_t colour) {
  return fmt::format("linespoints pointtype 7 pointsize 0.4 linecolor rgb {} linewidth 1.8",
                     gnuplot_colour(series_colour(colour)));
}

std::string dashed(std::size_t colour) {
  return fmt::format("lines dashtype 2 linewidth 1.2 linecolor rgb {}",
                     gnuplot_colour(series_colour(colour)));
}

void panel(Plot& plot, const std::string& title, bool has_values,
           const std::vector<std::string>& parts) {
  line(plot.script, "set title {} font ',12'", gnuplot_text(title));
  line(plot.script, "plot {}",
       has_values ? join(parts, ", \\\n     ") : "[0:1][0:1] NaN title 'not measured'");
}

void share_panel(Plot& plot, const std::vector<HeatShare>& shares) {
  std::vector<std::string> names;
  for (const HeatShare& share : shares) names.push_back(share.name);
  plot.script += script::tics("x", names, "norotate");
  line(plot.script, "set xlabel ''\nset ylabel ''\nset xrange [-0.6:{}]",
       static_cast<double>(shares.size()) - 0.4);
  line(plot.script, "set boxwidth 0.5\nset key top left");
  panel(plot, "Where the heat lies, and whether it follows shifts", !shares.empty(),
        {fmt::format("'explanation_quality.csv' skip 1 using ($1=={}?$2:NaN):3 with boxes "
                     "fillstyle solid 0.7 noborder linecolor rgb {} title 'measured'",
                     static_cast<int>(kShare), gnuplot_colour(series_colour(0))),
         fmt::format("'explanation_quality.csv' skip 1 using "
                     "($1=={}?$2-0.3:NaN):4:(0.6):(0) with vectors nohead linewidth 2.5 linecolor "
                     "rgb {} title 'of a map without content'",
                     static_cast<int>(kShare), gnuplot_colour(series_colour(1)))});
}

}  // namespace

Plot explanation_plot(const ExplanationFigures& f) {
  Plot plot;
  plot.name = "explanation_quality";
  plot.alt =
      "Quality of heat maps: insertion and deletion curves, ROAD, similarity under randomised "
      "weights, share of heat on the border and outside the lungs; bands are quartiles";
  plot.width = 980;
  plot.height = 760;
  plot.csv = csv_line({"series", "place", "mean", "low", "high", "name"});
  const std::size_t points = f.insertion.mean.size();
  const auto shares = evenly(points, points > 1 ? 1.0 / static_cast<double>(points - 1) : 1.0);
  add_series(plot.csv, kInsertion, shares, f.insertion, "insertion");
  add_series(plot.csv, kInsertionRandom, shares, f.insertion_random, "insertion, random order");
  add_series(plot.csv, kDeletion, shares, f.deletion, "deletion");
  add_series(plot.csv, kDeletionRandom, shares, f.deletion_random, "deletion, random order");
  add_series(plot.csv, kHottest, f.road_shares, f.road_hottest, "hottest removed");
  add_series(plot.csv, kColdest, f.road_shares, f.road_coldest, "coldest removed");
  for (std::size_t i = 0; i < f.stages.size(); ++i) {
    plot.csv += script::row({double(kSimilarity), static_cast<double>(i), f.similarity.mean.at(i),
                             f.similarity.low.at(i), f.similarity.high.at(i)},
                            f.stages[i]);
  }
  for (std::size_t i = 0; i < f.shares.size(); ++i) {
    plot.csv += script::row({double(kShare), static_cast<double>(i), f.shares[i].value,
                             f.shares[i].chance, std::nan("")},
                            f.shares[i].name);
  }

  line(plot.script, "set multiplot layout 2,2 spacing 0.1,0.16 margins 0.08,0.98,0.09,0.94");
  line(plot.script,
       "set yrange [0:1.35]\nset ytics 0,0.2,1\nset xrange [0:1]\nset key top right samplen 2");
  line(plot.script, "set xlabel 'Share of pixels shown or deleted, hottest first'");
  line(plot.script, "set ylabel 'Probability of the explained class' offset 1,0");
  panel(plot, "Insertion and deletion", points > 0,
        {band(kInsertion, 0), band(kDeletion, 1), curve(kInsertion, solid(0), "insertion"),
         curve(kInsertionRandom, dashed(0), "in random order"),
         curve(kDeletion, solid(1), "deletion"),
         curve(kDeletionRandom, dashed(1), "in random order")});
  line(plot.script, "set xlabel 'Share of pixels removed and filled from around'");
  panel(plot, "ROAD", !f.road_hottest.mean.empty(),
        {band(kColdest, 0), band(kHottest, 1), curve(kColdest, solid(0), "coldest removed"),
         curve(kHottest, solid(1), "hottest removed")});
  plot.script += script::tics("x", f.stages, "rotate by -35");
  line(plot.script, "set xlabel ''\nset ylabel 'Rank correlation with the trained map' offset 1,0");
  line(plot.script, "set yrange [-1:1.3]\nset ytics -1,0.5,1\nset xrange [-0.3:{}]",
       std::max(1.0, static_cast<double>(f.stages.size())) - 0.7);
  panel(plot, "Weights randomised from the head down to ...", !f.stages.empty(),
        {band(kSimilarity, 0), curve(kSimilarity, solid(0), "similarity (should fall to 0)")});
  line(plot.script, "set yrange [0:1.35]\nset ytics 0,0.2,1");
  share_panel(plot, f.shares);
  line(plot.script, "unset multiplot");
  return plot;
}

}  // namespace xrayclf
