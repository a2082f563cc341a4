#include <algorithm>
#include <array>

#include "script.hpp"
#include "xrayclf/figures/plots.hpp"

namespace xrayclf {
namespace {

using script::line;

constexpr std::size_t kBins = 25;

/// Share of the scores in each of kBins bins of equal width over [0, 1]; NaN without scores.
std::array<double, kBins> histogram(const std::vector<double>& scores) {
  std::array<double, kBins> shares{};
  if (scores.empty()) shares.fill(std::nan(""));
  for (const double score : scores) {
    const double bin = std::clamp(std::floor(score * kBins), 0.0, kBins - 1.0);
    shares[static_cast<std::size_t>(bin)] += 1.0 / static_cast<double>(scores.size());
  }
  return shares;
}

std::int64_t count_from(const std::vector<double>& sorted, double threshold) {
  return std::distance(std::lower_bound(sorted.begin(), sorted.end(), threshold), sorted.end());
}

}  // namespace

Plot score_distribution_plot(const std::vector<ScoreSamples>& classes) {
  Plot plot;
  plot.name = "score_distributions";
  plot.alt = "For each class, the probabilities given to its own images and to all others";
  plot.csv =
      csv_line({"class_index", "bin_low", "bin_high", "share_of_class", "share_of_rest", "class"});
  std::vector<double> highest(classes.size(), 0.0);
  for (std::size_t c = 0; c < classes.size(); ++c) {
    const auto own = histogram(classes[c].of_class);
    const auto rest = histogram(classes[c].of_rest);
    for (std::size_t b = 0; b < kBins; ++b) {
      highest[c] = std::fmax(highest[c], std::fmax(own[b], rest[b]));
      plot.csv += script::row({static_cast<double>(c), static_cast<double>(b) / kBins,
                               static_cast<double>(b + 1) / kBins, own[b], rest[b]},
                              classes[c].name);
    }
  }
  script::begin_panels(plot, classes.size(), 300, 240);
  line(plot.script, "set xrange [0:1]\nset xtics 0.25");
  line(plot.script, "set xlabel 'Probability'\nset ylabel 'Share of images'");
  line(plot.script, "set key top center opaque samplen 1.5 font ',9'");
  for (std::size_t c = 0; c < classes.size(); ++c) {
    script::panel_title(plot, classes[c].name);
    const bool any = !classes[c].of_class.empty() || !classes[c].of_rest.empty();
    if (!any) {
      line(plot.script, "plot [0:1][0:1] NaN title 'no images'");
      continue;
    }
    // Room for the key above the bars.
    line(plot.script, "set yrange [0:{}]", 1.35 * highest[c]);
    const std::string box =
        fmt::format("'{}.csv' skip 1 using ($1=={}?($2+$3)/2:NaN)", plot.name, c);
    // Filled and outlined, so that they are told apart without colour.
    line(plot.script,
         "plot {0}:5:2:3:(0):5 with boxxyerror fillstyle solid 0.45 noborder fillcolor rgb {1} "
         "title {3}, \\\n     {0}:4 with histeps linewidth 1.8 linecolor rgb {2} title {4}",
         box, gnuplot_colour(series_colour(4)), gnuplot_colour(series_colour(0)),
         gnuplot_text(fmt::format("others (n = {})", classes[c].of_rest.size())),
         gnuplot_text(fmt::format("this class (n = {})", classes[c].of_class.size())));
  }
  line(plot.script, "unset multiplot");
  return plot;
}

DecisionCurve decision_curve(const ScoreSamples& samples) {
  std::vector<double> own = samples.of_class;
  std::vector<double> rest = samples.of_rest;
  std::sort(own.begin(), own.end());
  std::sort(rest.begin(), rest.end());
  const auto n = static_cast<double>(own.size() + rest.size());
  DecisionCurve curve;
  curve.name = samples.name;
  for (int percent = 0; percent < 100; ++percent) {
    const double threshold = percent / 100.0;
    const double odds = threshold / (1.0 - threshold);
    const auto benefit = [&](double true_positives, double false_positives) {
      return true_positives / n - false_positives / n * odds;
    };
    curve.thresholds.push_back(threshold);
    curve.net_benefit.push_back(benefit(static_cast<double>(count_from(own, threshold)),
                                        static_cast<double>(count_from(rest, threshold))));
    curve.treat_all.push_back(
        benefit(static_cast<double>(own.size()), static_cast<double>(rest.size())));
  }
  return curve;
}

Plot decision_curve_plot(const std::vector<DecisionCurve>& classes) {
  Plot plot;
  plot.name = "decision_curve";
  plot.alt =
      "Net benefit of acting on each class by decision threshold, against acting on all or none";
  plot.csv = csv_line({"class_index", "threshold", "net_benefit", "treat_all", "class"});
  for (std::size_t c = 0; c < classes.size(); ++c) {
    for (std::size_t i = 0; i < classes[c].thresholds.size(); ++i) {
      plot.csv += script::row({static_cast<double>(c), classes[c].thresholds[i],
                               classes[c].net_benefit.at(i), classes[c].treat_all.at(i)},
                              classes[c].name);
    }
  }
  script::begin_panels(plot, classes.size(), 300, 240);
  line(plot.script, "set xrange [0:1]\nset xtics 0.25");
  line(plot.script, "set xlabel 'Decision threshold'\nset ylabel 'Net benefit'");
  line(plot.script, "set key top right opaque samplen 1.5 font ',9'");
  for (std::size_t c = 0; c < classes.size(); ++c) {
    script::panel_title(plot, classes[c].name);
    double top = 0.05;
    for (const double benefit : classes[c].net_benefit) {
      if (std::isfinite(benefit)) top = std::max(top, benefit);
    }
    // Acting on all falls without end; what matters lies near and above zero.
    line(plot.script, "set yrange [{}:{}]", -0.25 * top, 1.25 * top);
    const std::string rows = fmt::format("'{}.csv' skip 1 using ($1=={}?$2:NaN)", plot.name, c);
    line(plot.script,
         "plot 0 with lines linecolor rgb 'black' linewidth 1 title 'none', \\\n"
         "     {0}:4 with lines linecolor rgb {1} dashtype 2 linewidth 1.4 title 'all', \\\n"
         "     {0}:3 with lines linecolor rgb {2} linewidth 2 title 'model'",
         rows, gnuplot_colour(series_colour(1)), gnuplot_colour(series_colour(0)));
  }
  line(plot.script, "unset multiplot");
  return plot;
}

}  // namespace xrayclf
