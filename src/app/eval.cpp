#include "xrayclf/app/eval.hpp"

#include <algorithm>
#include <ostream>
#include <set>

#include <fmt/format.h>

#include "app/classify_rows.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/core/version.hpp"
#include "xrayclf/data/dataset_info.hpp"
#include "xrayclf/data/prepared_set.hpp"
#include "xrayclf/inference/classifier.hpp"
#include "xrayclf/model/device.hpp"

namespace xrayclf {
namespace {

std::vector<std::string> without(const std::vector<std::string>& from,
                                 const std::vector<std::string>& these) {
  std::vector<std::string> left;
  for (const std::string& name : from) {
    if (std::find(these.begin(), these.end(), name) == these.end()) left.push_back(printable(name));
  }
  return left;
}

/// A checkpoint answers in its own classes and wants images prepared as its own were.
void require_fit(const PreparedSet& set, const Classifier& classifier) {
  const auto only_data = without(set.classes, classifier.classes());
  const auto only_model = without(classifier.classes(), set.classes);
  if (!only_data.empty() || !only_model.empty()) {
    throw ModelError(fmt::format(
        "{} and {} have other classes: only in the data: {}; only in the checkpoint: {}",
        set.root.string(), classifier.path().string(), only_data.empty() ? "none" : join(only_data),
        only_model.empty() ? "none" : join(only_model)));
  }
  if (set.fingerprint != classifier.info().preprocessing_fingerprint) {
    throw ModelError(fmt::format(
        "{} was prepared otherwise than the images that {} was trained on: {} there, {} here; "
        "prepare "
        "it again with the checkpoint's settings",
        set.root.string(), classifier.path().string(), classifier.info().preprocessing.dump(),
        nlohmann::json(write_json(set.preprocessing)).dump()));
  }
}

/// The shortcut baselines that preprocess measured on this data set.
std::vector<Baseline> stored_baselines(const PreparedSet& set) {
  std::vector<Baseline> baselines;
  const auto file = set.root / kAuditFile;
  if (!std::filesystem::exists(file)) return baselines;
  const nlohmann::json audit = read_json_file(file);
  const auto found = audit.find("shortcut_baselines");
  if (found == audit.end() || !found->is_object() || !found->contains("baselines"))
    return baselines;
  for (const auto& [name, entry] : found->at("baselines").items()) {
    const nlohmann::json value =
        entry.value(nlohmann::json::json_pointer("/accuracy/value"), nlohmann::json());
    if (value.is_number()) baselines.push_back({name, value.get<double>()});
  }
  return baselines;
}

void require_one_source(const EvalConfig& config) {
  if (!config.predictions.empty()) {
    if (!config.checkpoint.empty() || !config.data.empty()) {
      throw ConfigError(
          "--predictions stands instead of --checkpoint and --data; give one or the other");
    }
  } else if (config.checkpoint.empty() || config.data.empty()) {
    throw ConfigError("give --checkpoint and --data, or --predictions");
  }
}

}  // namespace

void eval(const EvalConfig& config, std::ostream& out) {
  require_one_source(config);
  Predictions predictions;
  ReportContext context;
  context.provenance = {{"versions", version_info()}};
  if (!config.predictions.empty()) {
    predictions = read_predictions_csv(config.predictions);
    context.provenance["predictions"] = config.predictions;
  } else {
    auto classifier =
        Classifier::load(config.checkpoint, select_device(config.device), config.precision);
    const PreparedSet set = PreparedSet::open(config.data);
    require_fit(set, classifier);
    predictions = classify_rows(classifier, set, set.split(config.split), config.batch_size);
    context.baselines = stored_baselines(set);
    context.provenance["checkpoint"] = classifier.path().string();
    context.provenance["data"] = config.data;
    context.provenance["split"] = config.split;
    context.provenance["preprocessing_fingerprint"] = set.fingerprint;
  }
  const Report report = make_report(predictions, config.report);
  const std::filesystem::path directory = config.output;
  make_directories(directory);
  write_predictions_csv(directory / "predictions.csv", predictions);
  write_json_file(directory / "report.json", report_json(report, context));
  const std::string text = report_text(report, context);
  write_file(directory / "report.txt", text);
  out << text;
}

}  // namespace xrayclf
