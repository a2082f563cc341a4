#include "app/cross_validation.hpp"

#include <algorithm>
#include <filesystem>
#include <ostream>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "app/classify_rows.hpp"
#include "app/run_figures.hpp"
#include "app/split_rows.hpp"
#include "app/training_run.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/core/run_directory.hpp"
#include "xrayclf/core/sha256.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/core/version.hpp"
#include "xrayclf/data/assign_split.hpp"
#include "xrayclf/evaluation/report.hpp"
#include "xrayclf/model/device.hpp"
#include "xrayclf/report/figures.hpp"
#include "xrayclf/report/html_report.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;

/// Writes predictions and report of the run in config.output; returns the report's JSON.
nlohmann::ordered_json write_evaluation(const TrainConfig& config, const std::string& folder,
                                        const Predictions& predictions,
                                        const nlohmann::ordered_json& provenance,
                                        std::string* text = nullptr) {
  const fs::path directory = fs::path(config.output) / folder;
  const Report report = make_report(predictions, {});
  ReportContext context;
  context.provenance = provenance;
  make_directories(directory);
  const nlohmann::ordered_json json = report_json(report, context);
  write_json_file(directory / "report.json", json);
  const std::string printed = report_text(report, context);
  write_file(directory / "report.txt", printed);
  if (text != nullptr) *text = printed;
  if (config.figures) {
    write_evaluation_figures(directory, predictions, report,
                             images_beside(config.data, predictions));
  }
  // Its presence says that the fold is done. The page is made of what is there then.
  write_predictions_csv(directory / "predictions.csv", predictions);
  write_html_report({directory, config.output, config.data, {}}, directory / "report.html");
  return json;
}

Predictions run_fold(TrainConfig config, const PreparedSet& set) {
  const fs::path evaluation = fs::path(config.output) / "test";
  const std::string data = sha256_file(set.root / "dataset.json");
  if (fs::exists(evaluation / "predictions.csv")) {
    const nlohmann::json before = read_json_file(evaluation / "report.json").at("provenance");
    if (before.value("data_sha256", "") != data && !config.allow_changed_data) {
      throw ModelError(printable(config.output) +
                       " was tested on another state of the data set (SHA-256 of dataset.json); "
                       "--allow_changed_data takes its results all the same");
    }
    return read_predictions_csv(evaluation / "predictions.csv");
  }
  const bool begun = fs::exists(fs::path(config.output) / "config.json");
  const TrainingResult result = begun ? resume_run(config, set) : start_run(config, set);
  write_run_figures(config, set, result);
  auto classifier = Classifier::load(config.output, select_device(config.device), config.precision,
                                     config.engine);
  const Predictions predictions =
      classify_rows(classifier, set, rows_of(set, config, "test"), config.batch_size);
  write_evaluation(config, "test", predictions,
                   {{"versions", version_info()},
                    {"checkpoint", classifier.path().string()},
                    {"data", config.data},
                    {"data_sha256", data},
                    {"fold", config.test_fold}});
  return predictions;
}

}  // namespace

void cross_validate(const TrainConfig& config, const PreparedSet& set, bool resumes,
                    std::ostream& out) {
  const std::int64_t folds = fold_count(set.records);
  if (folds < 3) {
    throw DataError(fmt::format(
        "{}: cross-validation needs at least three folds in manifest.csv, found {}; see xrayclf "
        "preprocess --split.folds",
        printable(set.root.string()), folds));
  }
  const RunDirectory run =
      resumes ? RunDirectory::open(config.output) : RunDirectory::create(config.output);
  if (!resumes) write_json_file(run.config(), nlohmann::json(write_json(config)));
  Predictions all;
  nlohmann::ordered_json by_fold = nlohmann::ordered_json::array();
  for (std::int64_t fold = 1; fold <= folds; ++fold) {
    TrainConfig own = config;
    own.folds = false;
    own.test_fold = fold;
    own.validation_fold = 0;
    own.output = (run.path() / fmt::format("fold-{}", fold)).string();
    spdlog::info("fold {} of {}", fold, folds);
    append(all, run_fold(own, set));
    const auto report = read_json_file(fs::path(own.output) / "test" / "report.json");
    const nlohmann::json accuracy = report.at("metrics").at("accuracy");
    spdlog::info("fold {} of {}: accuracy {} [{}, {}] on {} images", fold, folds,
                 accuracy.at("value").dump(), accuracy.value("low", nlohmann::json()).dump(),
                 accuracy.value("high", nlohmann::json()).dump(), report.at("samples").dump());
    by_fold.push_back({{"fold", fold},
                       {"samples", report.at("samples")},
                       {"accuracy", accuracy},
                       {"balanced_accuracy", report.at("metrics").at("balanced_accuracy")},
                       {"auroc_macro", report.at("metrics").at("auroc_macro")}});
  }
  std::string text;
  const auto pooled = write_evaluation(
      config, "pooled", all,
      {{"versions", version_info()}, {"data", config.data}, {"folds", folds}}, &text);
  const nlohmann::ordered_json summary = {
      {"run", config.output},
      {"folds", by_fold},
      {"pooled",
       {{"samples", pooled.at("samples")},
        {"accuracy", pooled.at("metrics").at("accuracy")},
        {"balanced_accuracy", pooled.at("metrics").at("balanced_accuracy")},
        {"auroc_macro", pooled.at("metrics").at("auroc_macro")}}}};
  write_json_file(run.path() / "cross_validation.json", summary);
  spdlog::info("all folds together:\n{}", text);
  out << summary.dump() << "\n";
}

}  // namespace xrayclf
