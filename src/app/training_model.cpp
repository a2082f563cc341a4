#include "app/training_model.hpp"

#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "xrayclf/core/cache_directory.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/core/random.hpp"
#include "xrayclf/core/sha256.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/model/weights.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;

/// The weights file that `model.weights` means; none for random weights.
std::optional<fs::path> weights_file(const ModelConfig& model) {
  if (model.weights == "none") return std::nullopt;
  if (model.weights != "auto") return model.weights;
  const fs::path installed = installed_weights(model.architecture);
  std::error_code ignored;
  if (fs::exists(installed, ignored)) return installed;
  spdlog::warn(
      "no ImageNet weights of {} are installed (scripts/get_weights.sh {}): the frozen backbone is "
      "RANDOM, "
      "so expect poor features; --model.weights none says so on purpose",
      model.architecture, model.architecture);
  return std::nullopt;
}

Model build_model(const TrainConfig& config, const PreparedSet& set) {
  const Architecture& architecture = find_architecture(config.model.architecture);
  if (set.preprocessing.image_size < architecture.min_size) {
    throw ConfigError(fmt::format(
        "{} needs images of at least {} pixels, and those of {} have {}; prepare them larger",
        architecture.name, architecture.min_size, set.root.string(), set.preprocessing.image_size));
  }
  NetworkConfig network;
  network.architecture = config.model.architecture;
  network.flavour = architecture.default_flavour;
  network.head = config.model.head;
  network.num_classes = static_cast<std::int64_t>(set.classes.size());
  const auto file = weights_file(config.model);
  if (file) network.flavour = read_weights_record(*file).flavour;
  torch::manual_seed(derive_seed(static_cast<std::uint64_t>(config.seed), {}));
  Model model{make_network(network), {}};
  model.info.network = model.network->config();
  model.info.input = architecture.input;
  nlohmann::json weights = {{"file", nullptr}};
  if (file) {
    const PretrainedReport loaded = load_pretrained(*model.network, *file);
    model.info.input = loaded.record.input;
    weights = {{"file", file->string()},
               {"sha256", sha256_file(*file)},
               {"source", loaded.record.source},
               {"source_sha256", loaded.record.source_sha256}};
    spdlog::info("backbone {} from {}", config.model.architecture, file->string());
  }
  model.info.classes = set.classes;
  model.info.preprocessing = write_json(set.preprocessing);
  model.info.preprocessing_fingerprint = set.fingerprint;
  model.info.training = {{"backbone_weights", weights}};
  return model;
}

Model load_model(const TrainConfig& config, const PreparedSet& set) {
  LoadedCheckpoint loaded = load_checkpoint(resolve_checkpoint(config.checkpoint));
  require_fit(loaded.info, loaded.directory, set);
  Model model{std::move(loaded.network), std::move(loaded.info)};
  model.info.calibration = nlohmann::json::object();  // of weights that training changes
  model.info.training = {{"started_from", loaded.directory.string()},
                         {"before", model.info.training}};
  return model;
}

}  // namespace

Model first_model(const TrainConfig& config, const PreparedSet& set) {
  return config.checkpoint.empty() ? build_model(config, set) : load_model(config, set);
}

void require_fit(const CheckpointInfo& info, const fs::path& directory, const PreparedSet& set) {
  if (info.classes != set.classes) {
    throw ModelError(fmt::format("{} and {} have other classes: {} there, {} here",
                                 set.root.string(), directory.string(),
                                 printable(join(set.classes)), printable(join(info.classes))));
  }
  if (info.preprocessing_fingerprint != set.fingerprint) {
    throw ModelError(fmt::format(
        "{} was prepared otherwise than the images of {}: {}", set.root.string(),
        directory.string(),
        json_differences(info.preprocessing, nlohmann::json(write_json(set.preprocessing)))));
  }
}

}  // namespace xrayclf
