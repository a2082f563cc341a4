#include "xrayclf/explain/quality_summary.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include <fmt/format.h>

#include "xrayclf/core/numbers.hpp"

namespace xrayclf {
namespace {

using nlohmann::ordered_json;
constexpr double kSteady = 0.7;     // correlation below which maps do not follow shifts
constexpr double kForgotten = 0.5;  // similarity above which maps do not depend on what was learnt

std::vector<double> finite(std::vector<double> values) {
  values.erase(
      std::remove_if(values.begin(), values.end(), [](double v) { return !std::isfinite(v); }),
      values.end());
  return values;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return values.empty() ? kNan : sum / static_cast<double>(values.size());
}

double spread_of(const std::vector<double>& values) {
  if (values.size() < 2) return kNan;
  const double mean = mean_of(values);
  double sum = 0;
  for (const double v : values) sum += (v - mean) * (v - mean);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

double quantile(std::vector<double> values, double share) {
  if (values.empty()) return kNan;
  std::sort(values.begin(), values.end());
  const double at = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
}

/// Mean and quartiles at each place of `rows`, one row an image.
MeanSeries series_of(const std::vector<std::vector<double>>& rows) {
  MeanSeries series;
  for (std::size_t i = 0; !rows.empty() && i < rows.front().size(); ++i) {
    std::vector<double> column;
    for (const auto& row : rows) column.push_back(row.at(i));
    column = finite(std::move(column));
    series.mean.push_back(mean_of(column));
    series.low.push_back(quantile(column, 0.25));
    series.high.push_back(quantile(column, 0.75));
  }
  return series;
}

using Member = std::function<double(const MapQuality&)>;
using Row = std::function<std::vector<double>(const MapQuality&)>;

std::vector<double> collect(const std::vector<MapQuality>& maps, const Member& member) {
  std::vector<double> values;
  for (const MapQuality& map : maps) values.push_back(member(map));
  return finite(std::move(values));
}

MeanSeries curve_of(const std::vector<MapQuality>& maps, const Row& row) {
  std::vector<std::vector<double>> rows;
  for (const MapQuality& map : maps) rows.push_back(row(map));
  return series_of(rows);
}

/// A finding whose words are still to be filled in.
QualityFinding judge(const std::string& name, const std::vector<double>& values, double limit,
                     bool larger_is_better) {
  QualityFinding finding;
  finding.name = name;
  finding.mean = mean_of(values);
  finding.spread = spread_of(values);
  finding.count = static_cast<std::int64_t>(values.size());
  finding.limit = limit;
  finding.larger_is_better = larger_is_better;
  finding.bad = larger_is_better ? finding.mean <= limit : finding.mean >= limit;
  return finding;
}

std::vector<QualityFinding> judge_maps(const std::vector<MapQuality>& maps) {
  const auto of = [&](const Member& member) { return collect(maps, member); };
  const auto limit = [&](const Member& member) { return mean_of(of(member)); };
  std::vector<QualityFinding> out;
  out.push_back(judge("insertion", of([](const auto& q) { return q.insertion.area(); }),
                      limit([](const auto& q) { return q.insertion_random.area(); }), true));
  out.back().meaning =
      "area under the class's probability as pixels appear on the blurred image, hottest first; "
      "the limit is that of a random order";
  out.back().bad_meaning =
      "the hottest pixels bring the class back no sooner than any others: the map does not show "
      "what suffices for the decision";
  out.push_back(judge("deletion", of([](const auto& q) { return q.deletion.area(); }),
                      limit([](const auto& q) { return q.deletion_random.area(); }), false));
  out.back().meaning =
      "area under the class's probability as pixels become grey, hottest first; the limit is that "
      "of a random order";
  out.back().bad_meaning =
      "the class survives without the hottest pixels as long as without any others: the map does "
      "not show what the decision needs";
  out.push_back(judge("road", of([](const auto& q) { return q.road; }), 0.0, true));
  out.back().meaning =
      "half the difference in probability between removing the coldest and the hottest pixels, "
      "filled from their surroundings so that the hole itself tells nothing";
  out.back().bad_meaning =
      "removing the hottest pixels hurts the class no more than removing the coldest: the map "
      "ranks pixels wrongly";
  out.push_back(judge("border_energy", of([](const auto& q) { return q.border_energy; }),
                      limit([](const auto& q) { return q.border_area; }), false));
  out.back().meaning =
      "share of the heat on the image's border; the limit is its share of the area";
  out.back().bad_meaning =
      "the network looks at the border: markers, collimation or padding may tell it the class, "
      "which is a shortcut";
  out.push_back(judge("outside_lung_energy",
                      of([](const auto& q) { return q.outside_lung_energy; }),
                      limit([](const auto& q) { return q.outside_lung_area; }), false));
  out.back().meaning =
      "share of the heat outside a simple lung field; the limit is its share of the area";
  out.back().bad_meaning =
      "the network looks past the lungs: what it has learnt may be the hospital or the posture "
      "rather than the disease";
  out.push_back(judge("stability", of([](const auto& q) { return q.stability; }), kSteady, true));
  out.back().meaning = "correlation of the map with those of the image shifted by a few pixels";
  out.back().bad_meaning =
      "the map jumps when the image moves a little: no single map should be trusted";
  return out;
}

ordered_json number(double value) {
  return std::isfinite(value) ? ordered_json(value) : ordered_json(nullptr);
}

ordered_json numbers(const std::vector<double>& values) {
  ordered_json out = ordered_json::array();
  for (const double value : values) out.push_back(number(value));
  return out;
}

ordered_json series_json(const MeanSeries& series) {
  return {{"mean", numbers(series.mean)},
          {"lower_quartile", numbers(series.low)},
          {"upper_quartile", numbers(series.high)}};
}

}  // namespace

QualitySummary summarise_quality(const std::vector<MapQuality>& maps,
                                 const RandomisationCascade& cascade) {
  QualitySummary summary;
  summary.maps = static_cast<std::int64_t>(maps.size());
  for (const MapQuality& map : maps) summary.lungs_found += map.lungs_found ? 1 : 0;
  summary.findings = judge_maps(maps);
  ExplanationFigures& f = summary.figures;
  f.insertion = curve_of(maps, [](const auto& q) { return q.insertion.probability; });
  f.insertion_random = curve_of(maps, [](const auto& q) { return q.insertion_random.probability; });
  f.deletion = curve_of(maps, [](const auto& q) { return q.deletion.probability; });
  f.deletion_random = curve_of(maps, [](const auto& q) { return q.deletion_random.probability; });
  f.road_shares = kRoadShares;
  f.road_hottest = curve_of(maps, [](const auto& q) { return q.road_hottest; });
  f.road_coldest = curve_of(maps, [](const auto& q) { return q.road_coldest; });
  if (!cascade.stages.empty()) {
    summary.findings.push_back(
        judge("randomised_similarity", finite(cascade.similarity.back()), kForgotten, false));
    summary.findings.back().meaning =
        "rank correlation of the map with that of the same network with all weights randomised";
    summary.findings.back().bad_meaning =
        "the map stays alike though the network has forgotten all it learnt: it shows the image's "
        "edges or the architecture, not the decision";
    f.stages = cascade.stages;
    for (const auto& stage : cascade.similarity) {
      const std::vector<double> values = finite(stage);
      f.similarity.mean.push_back(mean_of(values));
      f.similarity.low.push_back(quantile(values, 0.25));
      f.similarity.high.push_back(quantile(values, 0.75));
    }
  }
  for (const QualityFinding& finding : summary.findings) {
    if (finding.name == "border_energy")
      f.shares.push_back({"on the border", finding.mean, finding.limit});
    if (finding.name == "outside_lung_energy") {
      f.shares.push_back({"outside the lungs", finding.mean, finding.limit});
    }
    if (finding.name == "stability") f.shares.push_back({"stability", finding.mean, 0.0});
  }
  return summary;
}

ordered_json quality_json(const QualitySummary& summary) {
  ordered_json findings = ordered_json::array();
  for (const QualityFinding& f : summary.findings) {
    findings.push_back({{"name", f.name},
                        {"mean", number(f.mean)},
                        {"spread", number(f.spread)},
                        {"count", f.count},
                        {"limit", number(f.limit)},
                        {"better", f.larger_is_better ? "larger" : "smaller"},
                        {"verdict", f.count == 0 ? "not measured"
                                    : f.bad      ? "bad"
                                                 : "good"},
                        {"meaning", f.meaning},
                        {"bad_means", f.bad_meaning}});
  }
  const ExplanationFigures& f = summary.figures;
  ordered_json similarity = series_json(f.similarity);
  similarity["stages"] = f.stages;
  ordered_json road = {{"shares", f.road_shares},
                       {"hottest_removed", series_json(f.road_hottest)},
                       {"coldest_removed", series_json(f.road_coldest)}};
  return {{"maps", summary.maps},
          {"lungs_found", summary.lungs_found},
          {"findings", findings},
          {"curves",
           {{"insertion", series_json(f.insertion)},
            {"insertion_random", series_json(f.insertion_random)},
            {"deletion", series_json(f.deletion)},
            {"deletion_random", series_json(f.deletion_random)},
            {"road", road},
            {"randomised_weights", similarity}}}};
}

std::string quality_text(const QualitySummary& summary) {
  std::string out = fmt::format("Quality of {} heat maps\n", summary.maps);
  for (const QualityFinding& f : summary.findings) {
    if (f.count == 0) {
      out += fmt::format("  {:<22} not measured\n", f.name);
      continue;
    }
    out += fmt::format("  {:<22} {:6.3f}  {}, limit {:.3f}: {}\n", f.name, f.mean,
                       f.larger_is_better ? "larger is better" : "smaller is better", f.limit,
                       f.bad ? "BAD, " + f.bad_meaning : "good");
  }
  return out;
}

}  // namespace xrayclf
