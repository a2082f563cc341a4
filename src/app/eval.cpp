#include "xrayclf/app/eval.hpp"

#include <algorithm>
#include <optional>
#include <ostream>
#include <set>

#include <fmt/format.h>

#include "app/calibrate.hpp"
#include "app/classify_rows.hpp"
#include "app/eval_data.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/core/run_directory.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/core/version.hpp"
#include "xrayclf/evaluation/report.hpp"
#include "xrayclf/evaluation/subgroups.hpp"
#include "xrayclf/model/device.hpp"
#include "xrayclf/report/figures.hpp"
#include "xrayclf/report/html_report.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;

/// What is evaluated. Predictions of a checkpoint are at temperature 1 here.
struct Evaluation {
  Predictions test;
  std::optional<Predictions> validation;
  std::string validation_name;
  std::optional<TemperatureScaling> stored;
  std::optional<Classifier> classifier;
};

void require_one_source(const EvalConfig& config) {
  if (!config.predictions.empty()) {
    if (!config.checkpoint.empty() || !config.data.empty()) {
      throw ConfigError(
          "--predictions stands instead of --checkpoint and --data; give one or the other");
    }
    if (config.store_temperature) {
      throw ConfigError("--store_temperature needs --checkpoint: predictions hold no temperature");
    }
  } else {
    if (config.checkpoint.empty() || config.data.empty()) {
      throw ConfigError("give --checkpoint and --data, or --predictions");
    }
    if (!config.validation_predictions.empty()) {
      throw ConfigError(
          "--validation_predictions goes with --predictions; a checkpoint's are made on "
          "--validation_split");
    }
  }
  if (config.store_temperature && config.temperature != TemperatureUse::fitted) {
    throw ConfigError("--store_temperature keeps what --temperature fitted finds; give both");
  }
  const bool validation = config.predictions.empty() ? !config.validation_split.empty() &&
                                                           config.validation_split != config.split
                                                     : !config.validation_predictions.empty();
  if (config.temperature == TemperatureUse::fitted && !validation) {
    throw ConfigError(config.predictions.empty()
                          ? "--temperature fitted needs a --validation_split other than --split"
                          : "--temperature fitted needs --validation_predictions");
  }
}

/// Thresholds must not be judged on images that they were chosen on.
void require_other_images(const EvalConfig& config, const Evaluation& evaluation) {
  std::set<std::string> paths(evaluation.test.paths.begin(), evaluation.test.paths.end());
  paths.erase("");
  long long common = 0;
  std::string first;
  for (const std::string& path : evaluation.validation->paths) {
    if (!paths.contains(path)) continue;
    if (++common == 1) first = path;
  }
  if (common > 0) {
    throw DataError(fmt::format(
        "{} and {} share {} (the first is '{}'): what is chosen on validation cannot be judged on "
        "it",
        printable(config.validation_predictions), printable(config.predictions),
        counted(common, "image"), printable(first)));
  }
}

Evaluation from_predictions(const EvalConfig& config, ReportContext& context) {
  Evaluation out;
  out.test = read_predictions_csv(config.predictions);
  config.prevalence.require_fit(out.test.classes);
  context.provenance["predictions"] = config.predictions;
  if (config.validation_predictions.empty()) return out;
  out.validation =
      in_class_order(read_predictions_csv(config.validation_predictions), out.test.classes,
                     config.validation_predictions, config.predictions);
  out.validation_name = config.validation_predictions;
  context.provenance["validation_predictions"] = config.validation_predictions;
  require_other_images(config, out);
  return out;
}

/// The split that temperature and thresholds come from; "" without one, with a note why.
std::string validation_split(const EvalConfig& config, const PreparedSet& set,
                             ReportContext& context) {
  if (config.validation_split == config.split) {
    context.notes.push_back(fmt::format(
        "No temperature and no thresholds are chosen: '{}' is itself the split to choose them on.",
        printable(config.split)));
    return "";
  }
  const bool exists =
      std::any_of(set.records.begin(), set.records.end(),
                  [&](const Record& record) { return record.split == config.validation_split; });
  const bool wanted = config.validation_split != EvalConfig().validation_split ||
                      config.temperature == TemperatureUse::fitted;
  if (exists || wanted || config.validation_split.empty()) return config.validation_split;
  context.notes.push_back(
      "No temperature and no thresholds are chosen: the data set has no validation images.");
  return "";
}

Evaluation from_checkpoint(const EvalConfig& config, ReportContext& context) {
  Evaluation out;
  out.classifier =
      Classifier::load(config.checkpoint, select_device(config.device), config.precision);
  Classifier& classifier = *out.classifier;
  const PreparedSet set = PreparedSet::open(config.data);
  require_fit(set, classifier);
  require_columns(set, config.subgroups);
  config.prevalence.require_fit(classifier.classes());
  const auto section = classifier.info().calibration.find("temperature");
  if (section != classifier.info().calibration.end()) {
    out.stored = temperature_scaling_from_json(*section);
  }
  classifier.set_temperature(1);
  const std::vector<std::size_t> rows = set.split(config.split);
  const std::string split = validation_split(config, set, context);
  const std::vector<std::size_t> validation_rows =
      split.empty() ? std::vector<std::size_t>() : set.split(split);
  out.test = classify_rows(classifier, set, rows, config.batch_size);
  add_columns(out.test, set, rows, config.subgroups);
  if (!split.empty()) {
    out.validation = classify_rows(classifier, set, validation_rows, config.batch_size);
    out.validation_name = split + " images of " + config.data;
  }
  context.baselines = stored_baselines(set);
  context.provenance["checkpoint"] = classifier.path().string();
  context.provenance["data"] = config.data;
  context.provenance["split"] = config.split;
  context.provenance["preprocessing_fingerprint"] = set.fingerprint;
  return out;
}

/// Held while a checkpoint of a run is changed.
std::optional<RunDirectory> lock_run(const fs::path& checkpoint) {
  const fs::path run = fs::absolute(checkpoint).lexically_normal().parent_path().parent_path();
  std::error_code ignored;
  if (!fs::exists(run / "config.json", ignored)) return std::nullopt;
  return RunDirectory::open(run);
}

/// Judges a temperature and, as asked, scales the predictions by it and keeps it.
void calibrate(const EvalConfig& config, Evaluation& evaluation, ReportContext& context) {
  const bool refit = config.temperature == TemperatureUse::fitted;
  const bool stored = evaluation.stored && !refit;
  if (!stored && !evaluation.validation) return;
  const TemperatureScaling scaling =
      stored ? *evaluation.stored
             : fit_temperature_scaling(*evaluation.validation, evaluation.validation_name);
  context.calibration = assess_calibration(evaluation.test, scaling, config.report);
  context.calibration->stored = stored;
  context.calibration->applied =
      scaling.reason.empty() && config.temperature != TemperatureUse::none && (stored || refit);
  if (!context.calibration->applied) return;
  evaluation.test = rescaled(std::move(evaluation.test), scaling.temperature);
  if (evaluation.validation) {
    evaluation.validation = rescaled(std::move(*evaluation.validation), scaling.temperature);
  }
}

}  // namespace

void eval(const EvalConfig& config, std::ostream& out) {
  require_one_source(config);
  ReportContext context;
  context.provenance = {{"versions", version_info()}};
  const std::optional<RunDirectory> lock =
      config.store_temperature ? lock_run(resolve_checkpoint(config.checkpoint)) : std::nullopt;
  Evaluation evaluation = config.predictions.empty() ? from_checkpoint(config, context)
                                                     : from_predictions(config, context);
  require_truth(evaluation.test);
  calibrate(config, evaluation, context);
  if (evaluation.validation && !config.operating.rules.empty()) {
    context.operating_points =
        operating_points(*evaluation.validation, evaluation.validation_name, evaluation.test,
                         config.operating, config.prevalence, config.report);
  }
  context.adjusted = adjusted_predictive_values(evaluation.test, config.prevalence, config.report);
  context.subgroups = subgroups(evaluation.test, config.subgroups, config.report);
  const Report report = make_report(evaluation.test, config.report);
  if (config.store_temperature) {
    store_temperature(*evaluation.classifier, context.calibration->scaling);
  }
  const fs::path directory = config.output;
  make_directories(directory);
  write_predictions_csv(directory / "predictions.csv", evaluation.test);
  write_json_file(directory / "report.json", report_json(report, context));
  const std::string text = report_text(report, context);
  write_file(directory / "report.txt", text);
  if (config.figures) {
    const fs::path images = config.predictions.empty() ? fs::path(config.data)
                                                       : fs::path(config.predictions).parent_path();
    write_evaluation_figures(directory, evaluation.test, report,
                             images_beside(images, evaluation.test), context);
  }
  if (config.html) write_html_report({directory, {}, {}, {}}, directory / "report.html");
  out << text;
}

}  // namespace xrayclf
