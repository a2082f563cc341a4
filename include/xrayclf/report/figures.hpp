#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <opencv2/core/mat.hpp>

#include "xrayclf/augment/config.hpp"
#include "xrayclf/data/manifest.hpp"
#include "xrayclf/evaluation/predictions.hpp"
#include "xrayclf/evaluation/report.hpp"
#include "xrayclf/figures/plots.hpp"

/// The figures that the commands write, each as NAME.png and NAME.svg with its data in NAME.csv.
/// Without gnuplot the montages are whole, and plots are their data and script. All throw IoError.
namespace xrayclf {

/// Where a data, run or evaluation directory keeps them.
inline constexpr const char* kFiguresFolder = "figures";

/// `class_distribution`: images of each class and split; `sample_grid`: a row of images for each
/// class, drawn by `seed`. Record paths are relative to `root`, which gets the folder.
void write_data_figures(const std::filesystem::path& root, const std::vector<std::string>& classes,
                        const std::vector<Record>& records, std::uint64_t seed);

/// One phase of a run, for its figures.
struct PhaseFigure {
  std::string name;
  AugmentConfig augment;
};
/// `history`, from the run's history.json, and `augmentation_examples` (`..._2` of a second phase
/// with other transforms, and so on) of one training image, CV_8UC1 as prepared. `best_epoch`: the
/// epoch whose weights were taken; 0 where unknown.
void write_training_figures(const std::filesystem::path& run,
                            const std::vector<PhaseFigure>& phases, std::int64_t best_epoch,
                            const cv::Mat& image, std::int64_t seed);

/// The picture of a row of the predictions; empty where it cannot be had.
using RowImage = std::function<cv::Mat(std::size_t row)>;
/// `confusion_matrix`, `roc`, `precision_recall`, `reliability`, `score_distributions`,
/// `decision_curve`, `risk_coverage`; and `misclassified`, the worst errors first, where there are
/// any. With a temperature in the context, reliability is that before and after it.
void write_evaluation_figures(const std::filesystem::path& evaluation,
                              const Predictions& predictions, const Report& report,
                              const RowImage& image, const ReportContext& context = {});
std::vector<Plot> evaluation_plots(const Predictions& predictions, const Report& report,
                                   const ReportContext& context = {});

/// Reads "<directory>/<path of the row>" or, where that is no readable image, the path itself.
RowImage images_beside(const std::filesystem::path& directory, const Predictions& predictions);

}  // namespace xrayclf
