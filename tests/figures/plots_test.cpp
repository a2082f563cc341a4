#include "xrayclf/figures/plots.hpp"

#include <unistd.h>

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/csv.hpp"
#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Names that try to run something, to break the script, or to spoil the layout.
std::vector<std::string> hostile_names(const std::string& marker) {
  return {"'; system('touch " + marker + "') #",
          "`touch " + marker + "`",
          "$(touch " + marker + ")",
          "'' . system(\"touch " + marker + "\") . ''",
          "line\nbreak",
          "\"; print 1; \"",
          "100 % @macro %s%n",
          "\xE8\x82\xBA\xE7\x82\x8E",
          "",
          "\\",
          "\xFF\xFE",
          std::string(60, 'w')};
}

std::vector<Plot> all_plots(const std::vector<std::string>& names) {
  const std::size_t n = names.size();
  std::vector<ClassCurve> curves;
  std::vector<ScoreSamples> scores;
  std::vector<DecisionCurve> decisions;
  const ForestPanel panel = {names.front(), std::vector(n, ForestPoint{0.8, {0.7, 0.9}}), 0.0};
  for (const std::string& name : names) {
    curves.push_back(
        {name, {0, 0, 1}, {0, 0.8, 1}, {{0, 1}, {0.7, 1}, {0.9, 1}}, 0.9, {0.8, 1.0}, 0.3});
    scores.push_back({name, {0.9, 0.7, 0.2}, {0.1, 0.3, 0.6}});
    decisions.push_back(decision_curve(scores.back()));
  }
  const ReliabilityBin empty = {kNan, kNan, {kNan, kNan}, 0};
  const ReliabilityBin full = {0.75, 0.7, {0.6, 0.8}, 40};
  const HistoryPoint first = {1, 0.7, 0.5, kNan, 0.8, 0.4, kNan, 1e-3, names.front()};
  const HistoryPoint second = {2, 0.6, 0.6, kNan, 0.7, 0.5, kNan, 1e-4, names.back()};
  return {class_distribution_plot(names, {{"train", std::vector<std::int64_t>(n, 5)},
                                          {names.front(), std::vector<std::int64_t>(n, 0)}}),
          history_plot({first, second}, 2.0),
          confusion_matrix_plot(names, std::vector(n, std::vector<std::int64_t>(n, 3))),
          roc_plot(curves),
          precision_recall_plot(curves),
          reliability_plot({{names.front(), {empty, full}, 0.05, {0.01, 0.1}}}),
          score_distribution_plot(scores),
          decision_curve_plot(decisions),
          risk_coverage_plot({{0.5, 1}, {0, 0.2}, {0.9, 0.4}, 0.05, 0.2, 0.5, 0, Interval{0, 0.1}}),
          forest_plot("forest", "Figures of models", names, {panel, panel})};
}

class PlotsTest : public testing::Test {
 protected:
  PlotsTest()
      : directory_(std::filesystem::path(testing::TempDir()) /
                   ("xrayclf_plots_" + std::to_string(::getpid()))) {}
  ~PlotsTest() override { std::filesystem::remove_all(directory_); }
  std::filesystem::path directory_;
};

TEST_F(PlotsTest, HostileNamesOnlyAppear) {
  if (std::system("gnuplot --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "no gnuplot";
  const std::filesystem::path marker = directory_ / "ran";
  const std::vector<std::string> names = hostile_names(marker.string());
  const PlotWriter writer(directory_);
  for (const Plot& plot : all_plots(names)) {
    EXPECT_EQ(writer.write(plot), PlotOutcome::drawn) << plot.name;
    EXPECT_EQ(read_file(directory_ / (plot.name + ".png")).substr(1, 3), "PNG");
    EXPECT_THAT(read_file(directory_ / (plot.name + ".svg")), testing::HasSubstr("</svg>"));
    EXPECT_FALSE(std::filesystem::exists(directory_ / (plot.name + ".log")));
  }
  EXPECT_FALSE(std::filesystem::exists(marker));
}

TEST_F(PlotsTest, DegenerateDataAreDrawnToo) {
  if (std::system("gnuplot --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "no gnuplot";
  const PlotWriter writer(directory_);
  const ClassCurve undefined = {"none", {0, 1}, {kNan, kNan}, {}, kNan, {kNan, kNan}, 0};
  const HistoryPoint nothing = {1, kNan, kNan, kNan, kNan, kNan, kNan, 0, ""};
  for (const Plot& plot :
       {history_plot({nothing}, std::nullopt), history_plot({}, std::nullopt),
        confusion_matrix_plot({"a", "b"}, {{0, 0}, {1, 0}}), roc_plot({undefined}),
        precision_recall_plot({undefined}),
        reliability_plot({{"", {{kNan, kNan, {kNan, kNan}, 0}}, kNan, {kNan, kNan}}}),
        score_distribution_plot({{"a", {}, {}}, {"b", {0.5}, {}}}),
        forest_plot(
            "forest", "", {"a"},
            {{"x", {{kNan, {kNan, kNan}}}, std::nullopt}, {"y", {{0.5, {kNan, kNan}}}, 0.5}}),
        class_distribution_plot({"a"}, {{"train", {0}}})}) {
    EXPECT_EQ(writer.write(plot), PlotOutcome::drawn) << plot.name;
  }
}

TEST_F(PlotsTest, WithoutTheProgramDataAndScriptAreWritten) {
  const PlotWriter writer(directory_, "no-such-program");
  for (const Plot& plot : all_plots({"a", "b"})) {
    EXPECT_EQ(writer.write(plot), PlotOutcome::data_only);
    EXPECT_FALSE(read_csv(directory_ / (plot.name + ".csv")).rows.empty()) << plot.name;
    EXPECT_TRUE(std::filesystem::exists(directory_ / (plot.name + ".gp")));
    EXPECT_FALSE(std::filesystem::exists(directory_ / (plot.name + ".png")));
  }
}

TEST_F(PlotsTest, AScriptThatFailsIsAWarningAndLeavesNoPicture) {
  if (std::system("gnuplot --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "no gnuplot";
  const PlotWriter writer(directory_);
  EXPECT_EQ(writer.write({"broken", "", 300, 200, "x\n1\n", "plot nonsense(\n"}),
            PlotOutcome::data_only);
  EXPECT_FALSE(std::filesystem::exists(directory_ / "broken.png"));
  EXPECT_TRUE(std::filesystem::exists(directory_ / "broken.csv"));
}

TEST_F(PlotsTest, DataHoldTheNumbersThatAreDrawn) {
  const Plot plot = confusion_matrix_plot({"a", "b"}, {{3, 1}, {0, 0}});
  const CsvTable table = parse_csv(plot.csv, "confusion_matrix.csv");
  EXPECT_THAT(table.rows.at(1), testing::ElementsAre("0", "1", "1", "25", "a", "b"));
  EXPECT_THAT(table.rows.at(2), testing::ElementsAre("1", "0", "0", "", "b", "a"));
}

TEST(DecisionCurveTest, EqualsTheFormulaByHand) {
  // Positives 0.9, 0.7, 0.2; negatives 0.1, 0.3, 0.6.
  const DecisionCurve curve = decision_curve({"c", {0.9, 0.7, 0.2}, {0.1, 0.3, 0.6}});
  EXPECT_DOUBLE_EQ(curve.net_benefit.at(0), 0.5);
  EXPECT_DOUBLE_EQ(curve.treat_all.at(0), 0.5);
  // At 0.25: TP 2, FP 2, odds 1/3.
  EXPECT_DOUBLE_EQ(curve.net_benefit.at(25), 2.0 / 6 - 2.0 / 6 / 3);
  EXPECT_DOUBLE_EQ(curve.treat_all.at(25), 3.0 / 6 - 3.0 / 6 / 3);
  // At 0.9 the score on the threshold counts as positive.
  EXPECT_DOUBLE_EQ(curve.net_benefit.at(90), 1.0 / 6);
  EXPECT_EQ(curve.thresholds.size(), 100U);
}

}  // namespace
}  // namespace xrayclf
