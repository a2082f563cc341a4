#include "xrayclf/app/models.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "xrayclf/core/cache_directory.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/model/cost.hpp"
#include "xrayclf/model/weights.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;

struct InstalledWeights {
  fs::path file;
  WeightsRecord record;
};

/// Every file beside the one that `model.weights auto` takes, by architecture.
std::multimap<std::string, InstalledWeights> all_installed() {
  const fs::path directory = installed_weights("any").parent_path();
  std::vector<fs::path> files;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(directory, absent)) {
    if (entry.path().extension() == ".safetensors") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::multimap<std::string, InstalledWeights> found;
  for (const fs::path& file : files) {
    try {
      const WeightsRecord record = read_weights_record(file);
      found.insert({record.architecture, {file, record}});
    } catch (const Error& error) {
      spdlog::warn("left out: {}", error.what());
    }
  }
  return found;
}

nlohmann::ordered_json describe(const Architecture& architecture, const ModelsConfig& config) {
  const std::int64_t side = config.image_size == 0 ? architecture.input_size : config.image_size;
  if (side < architecture.min_size) {
    throw ConfigError(fmt::format("image_size must be at least {} for {}, got {}",
                                  architecture.min_size, architecture.name, side));
  }
  NetworkConfig network;
  network.architecture = architecture.name;
  network.flavour = architecture.default_flavour;
  network.num_classes = config.num_classes;
  const auto study = make_network(network);
  const std::int64_t backbone = parameter_count(study->backbone());
  const auto classifier = study->backbone().make_classifier(config.num_classes, 0.0);
  nlohmann::ordered_json flavours = nlohmann::ordered_json::array();
  for (const auto& [flavour, name] : EnumNames<Flavour>::value) flavours.push_back(name);
  return {{"name", architecture.name},
          {"parameters",
           {{"backbone", backbone},
            {"with_study_head", parameter_count(*study)},
            {"with_linear_head", backbone + parameter_count(*classifier)}}},
          {"running_statistics", statistics_count(study->backbone())},
          {"multiply_adds", multiply_adds(*study, side)},
          {"image_size", side},
          {"input_size", architecture.input_size},
          {"min_size", architecture.min_size},
          {"flavours", flavours},
          {"default_flavour", name_of(architecture.default_flavour)},
          {"input", to_json(architecture.input)},
          {"units", study->unit_count()},
          {"keras_layers", study->backbone().keras_layers().size()}};
}

nlohmann::ordered_json describe(const InstalledWeights& weights) {
  return {{"file", weights.file.string()},
          {"flavour", name_of(weights.record.flavour)},
          {"input", to_json(weights.record.input)},
          {"source", weights.record.source},
          {"license", weights.record.license}};
}

void print_line(const nlohmann::ordered_json& row, std::ostream& out) {
  std::vector<std::string> weights;
  for (const auto& file : row.at("weights")) {
    weights.push_back(fs::path(file.at("file").get<std::string>()).stem().string() + " (" +
                      file.at("flavour").get<std::string>() + ")");
  }
  const auto millions = [&](const char* what) {
    return row.at("parameters").at(what).get<double>() / 1e6;
  };
  out << fmt::format("{:<19} {:>9.2f} M {:>9.2f} M {:>9.2f} M {:>8.3f} G {:>5}  {:<20} {}\n",
                     row.at("name").get<std::string>(), millions("backbone"),
                     millions("with_study_head"), millions("with_linear_head"),
                     row.at("multiply_adds").get<double>() / 1e9,
                     row.at("image_size").get<std::int64_t>(),
                     join(row.at("flavours").get<std::vector<std::string>>()),
                     weights.empty() ? "-" : join(weights));
}

}  // namespace

void models(const ModelsConfig& config, std::ostream& out) {
  std::vector<const Architecture*> chosen;
  if (config.architecture.empty()) {
    for (const Architecture& entry : architectures()) chosen.push_back(&entry);
  } else {
    chosen.push_back(&find_architecture(config.architecture));
  }
  const auto installed = all_installed();
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const Architecture* architecture : chosen) {
    nlohmann::ordered_json row = describe(*architecture, config);
    row["weights"] = nlohmann::ordered_json::array();
    const auto [first, last] = installed.equal_range(architecture->name);
    for (auto it = first; it != last; ++it) row["weights"].push_back(describe(it->second));
    rows.push_back(std::move(row));
  }
  if (config.json) {
    out << rows.dump(2) << "\n";
    return;
  }
  out << fmt::format("{:<19} {:>11} {:>11} {:>11} {:>10} {:>5}  {:<20} {}\n", "architecture",
                     "backbone", "study head", "linear head", "mult-adds", "side", "flavours",
                     "installed weights");
  for (const auto& row : rows) print_line(row, out);
}

}  // namespace xrayclf
