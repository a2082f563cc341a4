#include "xrayclf/app/eval.hpp"

#include <algorithm>
#include <optional>
#include <ostream>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/calibrate.hpp"
#include "app/classify_rows.hpp"
#include "app/eval_data.hpp"
#include "app/uncertainty.hpp"
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
  std::optional<Ensemble> ensemble;
  EnsembleOutputs validation_outputs;
  std::optional<StoredUncertainty> stored_uncertainty;
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
    if (config.calibrate) {
      throw ConfigError("--calibrate needs --checkpoint: predictions hold no features");
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
  const bool plain =
      config.checkpoint.paths.size() <= 1 && config.tta == std::vector{TestView::identity};
  if ((config.store_temperature || config.calibrate) && !plain) {
    throw ConfigError("what a checkpoint keeps is its own: store with one --checkpoint, no --tta");
  }
  if (config.fit_weights && (config.checkpoint.paths.size() < 2 || !config.weights.empty())) {
    throw ConfigError("--fit_weights needs two checkpoints or more, and no --weights");
  }
  if (config.calibrate && config.temperature == TemperatureUse::none) {
    throw ConfigError("--calibrate keeps a fitted temperature; leave out --temperature none");
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
  out.ensemble = Ensemble::load(config.checkpoint.paths, select_device(config.device),
                                config.precision, config.engine, config);
  Ensemble& ensemble = *out.ensemble;
  const PreparedSet set = PreparedSet::open(config.data);
  for (const Classifier& member : ensemble.members()) require_fit(set, member);
  require_columns(set, config.subgroups);
  config.prevalence.require_fit(ensemble.classes());
  const std::vector<std::size_t> rows = set.split(config.split);
  const std::string split = validation_split(config, set, context);
  if (ensemble.plain()) {
    Classifier& classifier = ensemble.members().front();
    const auto section = classifier.info().calibration.find("temperature");
    if (section != classifier.info().calibration.end()) {
      out.stored = temperature_scaling_from_json(*section);
    }
    if (split.empty() && config.temperature == TemperatureUse::stored) {
      out.stored_uncertainty = stored_uncertainty(classifier);
    }
    classifier.set_temperature(1);
  } else if (config.temperature == TemperatureUse::none) {
    for (Classifier& member : ensemble.members()) member.set_temperature(1);
  }
  const std::vector<std::size_t> validation_rows =
      split.empty() ? std::vector<std::size_t>() : set.split(split);
  RowOutputs test = classify_rows(ensemble, set, rows, config.batch_size);
  out.test = std::move(test.predictions);
  add_columns(out.test, set, rows, config.subgroups);
  if (!split.empty()) {
    RowOutputs validation = classify_rows(ensemble, set, validation_rows, config.batch_size);
    out.validation = std::move(validation.predictions);
    out.validation_outputs = std::move(validation.outputs);
    out.validation_name = split + " images of " + config.data;
  }
  if (config.fit_weights) {
    if (!out.validation) {
      throw DataError(fmt::format("{}: --fit_weights needs validation images", config.data));
    }
    ensemble.set_weights(
        fit_weights(ensemble, out.validation_outputs.voices, out.validation->truth));
    set_probabilities(*out.validation, ensemble.average(out.validation_outputs.voices));
    set_probabilities(out.test, ensemble.average(test.outputs.voices));
  }
  context.baselines = stored_baselines(set);
  std::vector<std::string> checkpoints;
  for (const Classifier& member : ensemble.members()) checkpoints.push_back(member.path().string());
  if (checkpoints.size() == 1) {
    context.provenance["checkpoint"] = checkpoints.front();
  } else {
    context.provenance["checkpoints"] = checkpoints;
    context.provenance["weights"] = ensemble.weights();
    context.notes.push_back(fmt::format("An ensemble of {} checkpoints by weights {:.3f}.",
                                        checkpoints.size(), fmt::join(ensemble.weights(), ", ")));
  }
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

/// Thresholds from validation, else those that the checkpoint keeps; on `evaluation.test`.
UncertaintyAssessment assess(const EvalConfig& config, const Evaluation& evaluation) {
  std::optional<UncertaintyThresholds> thresholds;
  std::string from = evaluation.validation_name;
  if (evaluation.validation) {
    require_truth(*evaluation.validation);
    thresholds = fit_thresholds(*evaluation.validation, config.sets, config.max_risk);
  } else if (evaluation.stored_uncertainty) {
    thresholds = evaluation.stored_uncertainty->chosen;
    from = evaluation.stored_uncertainty->fitted_on;
  }
  UncertaintyAssessment out =
      assess_uncertainty(evaluation.test, thresholds, config.report.confidence);
  out.chosen_on = from;
  return out;
}

void keep_calibration(const EvalConfig& config, Evaluation& evaluation,
                      const TemperatureScaling& scaling) {
  StoredUncertainty fitted =
      fit_uncertainty(*evaluation.validation, evaluation.validation_outputs, config);
  fitted.fitted_on = evaluation.validation_name;
  store_calibration(evaluation.ensemble->members().front(), scaling, std::move(fitted));
}

/// --calibrate keeps a temperature that is fitted now.
EvalConfig completed(EvalConfig config) {
  if (config.calibrate && config.temperature == TemperatureUse::stored) {
    config.temperature = TemperatureUse::fitted;
  }
  return config;
}

}  // namespace

void eval(const EvalConfig& given, std::ostream& out) {
  const EvalConfig config = completed(given);
  require_one_source(config);
  ReportContext context;
  context.provenance = {{"versions", version_info()}};
  const bool stores = config.store_temperature || config.calibrate;
  const std::optional<RunDirectory> lock =
      stores ? lock_run(resolve_checkpoint(config.checkpoint.paths.front())) : std::nullopt;
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
  context.uncertainty = assess(config, evaluation);
  if (config.calibrate) {
    keep_calibration(config, evaluation, context.calibration->scaling);
  } else if (config.store_temperature) {
    store_temperature(evaluation.ensemble->members().front(), context.calibration->scaling);
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
