#include "xrayclf/report/figures.hpp"

#include <cmath>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/film_tree.hpp"
#include "support/temporary_directory.hpp"
#include "xrayclf/core/csv.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/random.hpp"

namespace xrayclf {
namespace {

using testing_support::TemporaryDirectory;

/// `count` images in `classes` classes, right more often than not.
Predictions some_predictions(std::size_t count, std::size_t classes) {
  Random random(4);
  Predictions out;
  for (std::size_t c = 0; c < classes; ++c) out.classes.push_back("class " + std::to_string(c));
  for (std::size_t i = 0; i < count; ++i) {
    out.paths.push_back("images/" + std::to_string(i) + ".png");
    out.patients.push_back("p" + std::to_string(i / 2));
    out.truth.push_back(static_cast<std::int64_t>(i % classes));
    std::vector<double> row(classes);
    double sum = 0;
    for (std::size_t c = 0; c < classes; ++c) {
      sum += row[c] = std::exp(random.normal() + (c == i % classes ? 1.0 : 0.0));
    }
    for (const double p : row) out.probabilities.push_back(p / sum);
  }
  return out;
}

Report quick_report(const Predictions& predictions) {
  ReportConfig config;
  config.bootstrap_samples = 50;
  return make_report(predictions, config);
}

TEST(EvaluationPlotsTest, TheDataAreThoseOfTheReport) {
  const Predictions predictions = some_predictions(90, 3);
  const Report report = quick_report(predictions);
  const std::vector<Plot> plots = evaluation_plots(predictions, report);
  std::set<std::string> names;
  for (const Plot& plot : plots) names.insert(plot.name);
  EXPECT_THAT(names,
              testing::ElementsAre("confusion_matrix", "decision_curve", "precision_recall",
                                   "reliability", "risk_coverage", "roc", "score_distributions"));
  const CsvTable confusion = parse_csv(plots[0].csv, plots[0].name);
  for (const auto& row : confusion.rows) {
    EXPECT_EQ(std::stoll(row[2]), report.confusion(std::stoll(row[0]), std::stoll(row[1])));
  }
  // The area under the points of the curve is the AUROC of the report.
  const CsvTable roc = parse_csv(plots[1].csv, plots[1].name);
  double area = 0, x = 0, y = 0;
  std::size_t bands = 0;
  for (const auto& row : roc.rows) {
    if (row[0] != "1") continue;
    if (row[2].empty()) {
      EXPECT_LE(std::stod(row[3]), std::stod(row[4]));
      ++bands;
      continue;
    }
    area += (std::stod(row[1]) - x) * (std::stod(row[2]) + y) / 2;
    x = std::stod(row[1]);
    y = std::stod(row[2]);
  }
  EXPECT_EQ(bands, 101U);
  for (const auto& [name, figure] : report.per_class[1]) {
    if (name != "auroc") continue;
    EXPECT_NEAR(area, *figure.value, 1e-12);
  }
  const CsvTable reliability = parse_csv(plots[3].csv, plots[3].name);
  std::int64_t images = 0;
  for (const auto& row : reliability.rows) images += std::stoll(row[7]);
  EXPECT_EQ(images, report.samples);
}

TEST(EvaluationPlotsTest, AClassWithoutImagesHasNoCurve) {
  Predictions predictions = some_predictions(30, 3);
  for (std::int64_t& truth : predictions.truth) truth = truth == 2 ? 0 : truth;
  for (const Plot& plot : evaluation_plots(predictions, quick_report(predictions))) {
    if (plot.name != "roc") continue;
    for (const auto& row : parse_csv(plot.csv, "roc").rows) EXPECT_NE(row[0], "2");
  }
}

TEST(WriteFiguresTest, TheGalleryHoldsTheWorstErrorsAndForgetsThemWhenThereAreNone) {
  const TemporaryDirectory directory;
  Predictions predictions = some_predictions(60, 2);
  testing_support::write_film(directory / "images/7.png", 1);
  std::size_t asked = 0;
  write_evaluation_figures(directory / "test", predictions, quick_report(predictions),
                           [&](std::size_t row) {
                             ++asked;
                             return images_beside(directory / "", predictions)(row);
                           });
  const CsvTable table = read_csv(directory / "test/figures/misclassified.csv");
  EXPECT_EQ(table.rows.size(), asked);
  ASSERT_GT(table.rows.size(), 2U);
  EXPECT_LE(table.rows.size(), 20U);
  EXPECT_LE(std::stod(table.rows[0][4]), std::stod(table.rows[1][4]));
  EXPECT_TRUE(std::filesystem::exists(directory / "test/figures/misclassified.svg"));

  for (std::size_t i = 0; i < predictions.size(); ++i) {
    predictions.truth[i] = predictions.predicted(i);
  }
  write_evaluation_figures(directory / "test", predictions, quick_report(predictions),
                           [](std::size_t) { return cv::Mat(); });
  EXPECT_TRUE(read_csv(directory / "test/figures/misclassified.csv").rows.empty());
  EXPECT_FALSE(std::filesystem::exists(directory / "test/figures/misclassified.png"));
}

TEST(WriteFiguresTest, ImagesAreFoundBesideOrByTheirPathOrNotAtAll) {
  const TemporaryDirectory directory;
  testing_support::write_film(directory / "a.png", 1);
  testing_support::write_text(directory / "broken.png", "no image");
  Predictions predictions;
  predictions.paths = {"a.png", directory / "a.png", "broken.png", "absent.png", ""};
  const RowImage image = images_beside(directory / "", predictions);
  EXPECT_FALSE(image(0).empty());
  EXPECT_FALSE(image(1).empty());
  for (const std::size_t row : {2U, 3U, 4U}) EXPECT_TRUE(image(row).empty());
}

TEST(WriteFiguresTest, TrainingDrawsEachPipelineOnceAndReadsItsHistory) {
  const TemporaryDirectory directory;
  testing_support::write_text(
      directory / "history.json",
      R"([{"epoch": 1, "phase": 1, "loss": 1, "accuracy": 0.5, "auroc": null, "val_loss": 1,
           "val_accuracy": 0.5, "val_auroc": 0.5, "learning_rate": 0.001, "seconds": 1,
           "images_per_second": 1},
          {"epoch": 2, "phase": 2, "loss": 1, "accuracy": 0.5, "auroc": 0.6, "val_loss": 1,
           "val_accuracy": 0.5, "val_auroc": 0.5, "learning_rate": 0.001, "seconds": 1,
           "images_per_second": 1}])");
  AugmentConfig chest;
  chest.preset = AugmentPreset::chest;
  const std::vector<PhaseFigure> phases = {{"one", {}}, {"two", chest}, {"three", chest}};
  const cv::Mat film = testing_support::random_film(3, 32, 32);
  write_training_figures(directory / "", phases, 2, film, 1);
  const CsvTable history = read_csv(directory / "figures/history.csv");
  ASSERT_EQ(history.rows.size(), 2U);
  EXPECT_EQ(history.rows[0].back(), "one");
  EXPECT_EQ(history.rows[0][history.require("auroc")], "");
  EXPECT_FALSE(std::filesystem::exists(directory / "figures/augmentation_examples.csv"));
  EXPECT_TRUE(std::filesystem::exists(directory / "figures/augmentation_examples_2.png"));
  EXPECT_FALSE(std::filesystem::exists(directory / "figures/augmentation_examples_3.csv"));
  testing_support::write_text(directory / "history.json", "[{\"epoch\": \"x\"}]");
  EXPECT_THROW(write_training_figures(directory / "", phases, 0, film, 1), DataError);
}

TEST(WriteFiguresTest, DataHaveARowOfSamplesForEveryClass) {
  const TemporaryDirectory directory;
  std::vector<Record> records;
  for (int i = 0; i < 9; ++i) {
    Record record;
    record.path = "images/" + std::to_string(i) + ".png";
    record.source = "films/" + std::to_string(i) + ".png";
    record.label = i < 8 ? "common" : "rare";
    record.split = i % 2 ? "train" : "test";
    testing_support::write_film(directory / record.path, static_cast<std::uint64_t>(i));
    records.push_back(record);
  }
  write_data_figures(directory / "", {"common", "rare"}, records, 1);
  const CsvTable grid = read_csv(directory / "figures/sample_grid.csv");
  ASSERT_EQ(grid.rows.size(), 12U);
  std::set<std::string> shown;
  for (int i = 0; i < 6; ++i) shown.insert(grid.rows[static_cast<std::size_t>(i)][3]);
  EXPECT_EQ(shown.size(), 6U) << "no image twice";
  EXPECT_EQ(grid.rows[6][3], "films/8.png");
  EXPECT_EQ(grid.rows[7][3], "") << "the rare class has no second image";
  const CsvTable counts = read_csv(directory / "figures/class_distribution.csv");
  EXPECT_EQ(counts.rows.size(), 4U);
}

}  // namespace
}  // namespace xrayclf
