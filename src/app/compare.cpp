#include "xrayclf/app/compare.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <ostream>
#include <set>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "app/classify_rows.hpp"
#include "app/eval_data.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/csv.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/core/numbers.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/core/version.hpp"
#include "xrayclf/figures/plots.hpp"
#include "xrayclf/inference/classifier.hpp"
#include "xrayclf/model/cost.hpp"
#include "xrayclf/model/device.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;

bool is_file(const std::string& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

std::vector<std::string> model_names(const CompareConfig& config) {
  const std::vector<std::string> names =
      config.names.empty() ? short_names(config.models) : config.names;
  if (config.models.size() < 2) throw ConfigError("give at least two models to compare");
  if (names.size() != config.models.size()) {
    throw ConfigError(fmt::format("{} for {}",
                                  counted(static_cast<long long>(names.size()), "name"),
                                  counted(static_cast<long long>(config.models.size()), "model")));
  }
  std::set<std::string> seen;
  for (const std::string& name : names) {
    if (seen.insert(name).second) continue;
    throw ConfigError(
        fmt::format("two models are called '{}'; {}", printable(name),
                    config.names.empty() ? "is one given twice?" : "--names must tell them apart"));
  }
  return names;
}

/// What the network costs, for one image of the size that it is given.
void add_costs(const CompareConfig& config, const Classifier& classifier,
               nlohmann::ordered_json& info) {
  Network& network = *classifier.network();
  const auto side = classifier.info().preprocessing.at("image_size").get<std::int64_t>();
  info["parameters"] = parameter_count(network);
  info["multiply_adds"] = multiply_adds(network, side);
  const PrecisionScope precision(config.precision, network.parameters().front().device());
  info["latency_ms"] = measure_latency(network, side).median_ms;
}

/// A checkpoint's predictions for the split, at the checkpoint's own temperature.
ComparedModel classified(const CompareConfig& config, const std::string& path,
                         const PreparedSet& set) {
  auto classifier = Classifier::load(path, select_device(config.device), config.precision);
  require_fit(set, classifier);
  const std::vector<std::size_t> rows = set.split(config.split);
  ComparedModel out;
  out.source = classifier.path().string();
  out.predictions = classify_rows(classifier, set, rows, config.batch_size);
  std::vector<std::string> columns;
  if (config.readers_file.empty()) columns = config.readers;
  std::erase_if(columns, [&](const std::string& column) {
    return out.predictions.metadata.contains(column) ||
           std::find(manifest_columns().begin(), manifest_columns().end(), column) ==
               manifest_columns().end();
  });
  add_columns(out.predictions, set, rows, columns);
  out.info["architecture"] = classifier.info().network.architecture;
  out.info["temperature"] = classifier.temperature();
  add_costs(config, classifier, out.info);
  return out;
}

std::vector<ComparedModel> load_models(const CompareConfig& config) {
  const std::vector<std::string> names = model_names(config);
  std::optional<PreparedSet> set;
  std::vector<ComparedModel> models;
  for (std::size_t m = 0; m < names.size(); ++m) {
    const std::string& path = config.models[m];
    if (is_file(path)) {
      models.push_back({"", path, read_predictions_csv(path)});
    } else {
      if (config.data.empty()) {
        resolve_checkpoint(path);  // a mistyped name is no checkpoint without data
        throw ConfigError(printable(path) + " is a run or checkpoint; give it images with --data");
      }
      if (!set) set = PreparedSet::open(config.data);
      models.push_back(classified(config, path, *set));
    }
    models.back().name = names[m];
  }
  align(models);
  return models;
}

/// Readers' columns of a CSV of their own, in the order of the images; "" for images it lacks.
std::map<std::string, std::vector<std::string>> columns_of_file(const CompareConfig& config,
                                                                const Predictions& images) {
  const CsvTable table = read_csv(config.readers_file);
  const std::size_t path = table.require("path");
  std::map<std::string, std::size_t> row_of;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    if (!row_of.emplace(table.rows[row][path], row).second) {
      throw DataError(fmt::format("{}, line {}: '{}' stands twice", printable(table.name),
                                  table.lines[row], printable(table.rows[row][path])));
    }
  }
  std::map<std::string, std::vector<std::string>> out;
  std::int64_t known = 0;
  for (const std::string& reader : config.readers) {
    const std::size_t column = table.require(reader);
    for (const std::string& image : images.paths) {
      const auto found = row_of.find(image);
      known += found == row_of.end() ? 0 : 1;
      out[reader].push_back(found == row_of.end() ? "" : table.rows[found->second][column]);
    }
  }
  if (known == 0) {
    throw DataError(printable(table.name) +
                    ": none of its paths is one of the images; the first "
                    "image is '" +
                    printable(images.paths.front()) + "'");
  }
  return out;
}

std::vector<Rater> load_readers(const CompareConfig& config, const Predictions& images) {
  if (!config.readers_file.empty() && config.readers.empty()) {
    throw ConfigError("--readers_file needs --readers: the columns of the readers' classes");
  }
  const auto columns =
      config.readers_file.empty() ? images.metadata : columns_of_file(config, images);
  std::vector<Rater> out;
  for (const std::string& reader : config.readers) {
    const auto found = columns.find(reader);
    if (found == columns.end()) {
      std::vector<std::string> known;
      for (const auto& [name, cells] : columns) known.push_back(name);
      throw DataError(fmt::format("there is no column '{}' of a reader{}; there are: {}",
                                  printable(reader), did_you_mean(reader, known),
                                  known.empty() ? "none" : printable(join(known))));
    }
    out.push_back(reader_of(reader, found->second, images.classes));
  }
  return out;
}

ForestPoint point_of(const Figure& figure) {
  return {figure.value.value_or(kNan), figure.interval.value_or(Interval{kNan, kNan})};
}

struct Drawn {
  const char* name;
  const char* title;
  const char* difference;
};
constexpr std::array<Drawn, 3> kDrawn{
    {{"accuracy", "Accuracy", "Difference in accuracy"},
     {"balanced_accuracy", "Balanced accuracy", "Difference in balanced accuracy"},
     {"auroc_macro", "Macro AUROC", "Difference in macro AUROC"}}};

Plot models_plot(const Comparison& comparison) {
  std::vector<std::string> rows;
  for (const ComparedModel& model : comparison.models) rows.push_back(model.name);
  std::vector<ForestPanel> panels;
  for (const Drawn& drawn : kDrawn) {
    ForestPanel& panel = panels.emplace_back(ForestPanel{drawn.title, {}, std::nullopt});
    for (const Report& report : comparison.reports) {
      panel.points.push_back(point_of(find_figure(report.metrics, drawn.name)));
    }
  }
  return forest_plot("forest", "Main figures of each model with their intervals", rows, panels);
}

Plot differences_plot(const Comparison& comparison) {
  std::vector<std::string> rows;
  std::vector<ForestPanel> panels;
  for (const Drawn& drawn : kDrawn) panels.push_back({drawn.difference, {}, 0.0});
  for (const ModelPair& pair : comparison.pairs) {
    rows.push_back(comparison.models[pair.first].name + " \xE2\x88\x92 " +
                   comparison.models[pair.second].name);
    for (std::size_t p = 0; p < kDrawn.size(); ++p) {
      for (const PairedTest& test : pair.tests) {
        if (test.test != "bootstrap" || test.figure != kDrawn[p].name) continue;
        panels[p].points.push_back(point_of(test.difference));
      }
    }
  }
  return forest_plot("forest_differences",
                     "Paired differences of models with their intervals; dashed: none", rows,
                     panels);
}

}  // namespace

void compare(const CompareConfig& config, std::ostream& out) {
  std::vector<ComparedModel> models = load_models(config);
  const std::vector<Rater> readers = load_readers(config, models.front().predictions);
  spdlog::info("comparing {} models on {} images", models.size(),
               models.front().predictions.size());
  const Comparison comparison =
      compare_models(std::move(models), readers, config.correction, config.report);
  const fs::path directory = config.output;
  make_directories(directory);
  nlohmann::ordered_json json = comparison_json(comparison);
  json["provenance"] = {{"versions", version_info()}};
  if (!config.data.empty()) {
    json["provenance"]["data"] = config.data;
    json["provenance"]["split"] = config.split;
  }
  write_json_file(directory / "compare.json", json);
  write_file(directory / "compare.csv", comparison_csv(comparison));
  const PlotWriter plots(directory);
  plots.write(models_plot(comparison));
  plots.write(differences_plot(comparison));
  const std::string text = comparison_text(comparison);
  write_file(directory / "compare.txt", text);
  out << text;
}

}  // namespace xrayclf
