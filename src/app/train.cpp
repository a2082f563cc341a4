#include "xrayclf/app/train.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <ostream>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "app/cross_validation.hpp"
#include "app/training_data.hpp"
#include "app/training_log.hpp"
#include "app/training_run.hpp"
#include "xrayclf/augment/augmenter.hpp"
#include "xrayclf/core/cache_directory.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/core/logging.hpp"
#include "xrayclf/core/random.hpp"
#include "xrayclf/core/run_directory.hpp"
#include "xrayclf/core/sha256.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/core/version.hpp"
#include "xrayclf/model/checkpoint.hpp"
#include "xrayclf/model/device.hpp"
#include "xrayclf/model/weights.hpp"
#include "xrayclf/training/checkpoint_keeper.hpp"
#include "xrayclf/training/trainer.hpp"

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

/// A network and how it is to be used.
struct Model {
  std::shared_ptr<Network> network;
  CheckpointInfo info;
};

Model build_model(const TrainConfig& config, const PreparedSet& set) {
  const Architecture& architecture = find_architecture(config.model.architecture);
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

/// Throws ModelError unless the data are what the checkpoint knows.
void require_fit(const LoadedCheckpoint& checkpoint, const PreparedSet& set) {
  if (checkpoint.info.classes != set.classes) {
    throw ModelError(fmt::format("{} and {} have other classes: {} there, {} here",
                                 set.root.string(), checkpoint.directory.string(),
                                 printable(join(set.classes)),
                                 printable(join(checkpoint.info.classes))));
  }
  if (checkpoint.info.preprocessing_fingerprint != set.fingerprint) {
    throw ModelError(fmt::format(
        "{} was prepared otherwise than the images of {}: {} there, {} here", set.root.string(),
        checkpoint.directory.string(), nlohmann::json(write_json(set.preprocessing)).dump(),
        checkpoint.info.preprocessing.dump()));
  }
}

Model load_model(const TrainConfig& config, const PreparedSet& set) {
  LoadedCheckpoint loaded = load_checkpoint(resolve_checkpoint(config.checkpoint));
  require_fit(loaded, set);
  Model model{std::move(loaded.network), std::move(loaded.info)};
  model.info.training = {{"started_from", loaded.directory.string()},
                         {"before", model.info.training}};
  return model;
}

nlohmann::ordered_json environment(const torch::Device& device) {
  nlohmann::ordered_json info = version_info();
  info["device"] = device.str();
  info["threads"] = torch::get_num_threads();
  info["cpu_capability"] = at::get_cpu_capability();
  return info;
}

PhaseConfig phase_of(const TrainConfig& config, std::size_t index) {
  nlohmann::json settings = write_json<PhaseConfig>(config);
  if (config.phases.empty()) return config;
  settings.merge_patch(config.phases[index].patch);
  return read_json<PhaseConfig>(settings, "phases[" + std::to_string(index) + "]");
}

/// All phases, so that a mistake in the last one shows before the first one is run.
std::vector<PhaseConfig> phases_of(const TrainConfig& config) {
  std::vector<PhaseConfig> phases;
  const std::size_t count = std::max<std::size_t>(config.phases.size(), 1);
  for (std::size_t i = 0; i < count; ++i) phases.push_back(phase_of(config, i));
  for (const PhaseConfig& phase : phases) {
    Augmenter{phase.augment};
    Callbacks{phase.callbacks, LearningRateControl::schedule};
  }
  return phases;
}

std::int64_t total_epochs(const std::vector<PhaseConfig>& phases) {
  std::int64_t epochs = 0;
  for (const PhaseConfig& phase : phases) epochs += phase.epochs;
  return epochs;
}

/// A run under way, new or resumed.
class TrainingRun {
 public:
  TrainingRun(RunDirectory run, const TrainConfig& config, const PreparedSet& set)
      : run_(std::move(run)),
        log_(run_.log()),
        config_(config),
        set_(set),
        phases_(phases_of(config)),
        device_(select_device(config.device)),
        training_(set, rows_of(set, config, "train")),
        validation_(set, rows_of(set, config, "validation")) {
    training_.require_every_class();
  }

  void begin() {
    Model model =
        config_.checkpoint.empty() ? build_model(config_, set_) : load_model(config_, set_);
    network_ = std::move(model.network);
    info_ = std::move(model.info);
    write_json_file(run_.config(), nlohmann::json(write_json(config_)));
    write_json_file(run_.environment(), environment(device_));
    network_->to(device_);
    make_keeper();
    keeper_->save_start(state_);
  }

  /// Throws ModelError if the data set is not the one that the run began with.
  void resume() {
    SavedRun saved = last_saved(run_, device_);
    require_fit(saved.checkpoint, set_);
    network_ = std::move(saved.checkpoint.network);
    info_ = std::move(saved.checkpoint.info);
    info_.versions = nlohmann::json::object();
    const std::string before = info_.training.value("data_sha256", "");
    if (before != data_sha256()) {
      throw ModelError(set_.root.string() + ": the data set has changed since " +
                       run_.path().string() + " began (SHA-256 of dataset.json)");
    }
    state_ = std::move(saved.state);
    tensors_ = std::move(saved.tensors);
    kept_ = std::move(saved.kept);
    resumed_ = true;
    spdlog::info("going on from {}", saved.directory.string());
    make_keeper();
  }

  TrainingResult fit() {
    spdlog::info("{} training and {} validation images, {} classes, on {}", training_.size(),
                 validation_.size(), set_.classes.size(), device_.str());
    EpochLog epoch_log(total_epochs(phases_), training_.size(), state_.epoch - 1);
    HistoryWriter history(run_.path(), state_.history);
    std::optional<TensorBoardLog> board;
    if (config_.tensorboard) {
      board.emplace(run_.path() / "tensorboard",
                    resumed_ ? std::optional(state_.epoch) : std::nullopt);
    }
    observers_ = {&epoch_log, &history, keeper_.get()};
    if (board) observers_.insert(observers_.begin() + 1, &*board);
    for (; state_.phase < static_cast<std::int64_t>(phases_.size()); next_phase()) {
      fit_phase(phases_[static_cast<std::size_t>(state_.phase)]);
    }
    keeper_->finish(state_);
    const auto best =
        static_cast<std::size_t>(state_.best_epoch > 0 ? state_.best_epoch : state_.epoch - 1);
    return {run_.path(), state_.history.at(best - 1)};
  }

 private:
  std::string data_sha256() const { return sha256_file(set_.root / "dataset.json"); }

  void make_keeper() {
    info_.training["data_sha256"] = data_sha256();
    keeper_ = std::make_unique<CheckpointKeeper>(run_, *network_, info_, validation_.image(0),
                                                 config_.save.keep);
  }

  void fit_phase(const PhaseConfig& phase) {
    const Opening opening = open_network(*network_, phase.open);
    const std::int64_t inputs_from =
        phase.drop_connect == DropConnect::strict_keras ? 0 : opening.cut;
    TrainerOptions options;
    options.phase = phase;
    options.seed = static_cast<std::uint64_t>(config_.seed);
    options.save = {config_.save.every_steps, config_.save.every_minutes};
    options.inputs_from = inputs_from;
    Trainer trainer(*network_, opening, options, state_);
    if (!tensors_.empty()) trainer.set_tensors(std::exchange(tensors_, {}));
    trainer.set_kept(std::exchange(kept_, {}));
    for (TrainingObserver* observer : observers_) trainer.add_observer(*observer);
    if (!state_.phase_ended) {
      spdlog::info("phase {} of {}: {} trained parameters", state_.phase + 1, phases_.size(),
                   opening.trainable);
    }
    const ExampleSource train_source{*network_, training_, info_.input, device_, run_.path()};
    const ExampleSource validation_source{*network_, validation_, info_.input, device_,
                                          run_.path()};
    const auto examples = training_examples(train_source, phase, inputs_from, config_);
    const auto held_out = validation_examples(validation_source, phase, inputs_from, config_);
    trainer.fit(*examples, *held_out, [&](std::int64_t i) { return training_.record(i).path; });
    state_ = trainer.state();
  }

  void next_phase() {
    ++state_.phase;
    state_.first_epoch = state_.epoch;
    state_.phase_ended = false;
    state_.kept_epoch = 0;
  }

  RunDirectory run_;
  LogFile log_;
  const TrainConfig& config_;
  const PreparedSet& set_;
  std::vector<PhaseConfig> phases_;
  torch::Device device_;
  TrainingSplit training_;
  TrainingSplit validation_;
  std::shared_ptr<Network> network_;
  CheckpointInfo info_;
  TrainingState state_;
  std::map<std::string, torch::Tensor> tensors_;
  std::map<std::string, torch::Tensor> kept_;
  std::unique_ptr<CheckpointKeeper> keeper_;
  std::vector<TrainingObserver*> observers_;
  bool resumed_ = false;
};

}  // namespace

TrainingResult start_run(const TrainConfig& config, const PreparedSet& set) {
  phases_of(config);
  TrainingRun run(RunDirectory::create(config.output), config, set);
  run.begin();
  return run.fit();
}

TrainingResult resume_run(const TrainConfig& config, const PreparedSet& set) {
  TrainingRun run(RunDirectory::open(config.output), config, set);
  run.resume();
  return run.fit();
}

PhasePatch PhasePatch::from_json(const nlohmann::json& in, const std::string& path, Required) {
  if (!in.is_object()) detail::refuse(path, "an object", in);
  return {in};
}

void train(const TrainConfig& config, std::ostream& out) {
  const bool resumes = !config.resume.empty();
  TrainConfig own = config;
  if (resumes) {
    TrainConfig alone;
    alone.resume = config.resume;
    FinetuneConfig finetune_alone;
    finetune_alone.resume = config.resume;
    if (write_json(config) != write_json(alone) &&
        write_json(config) != write_json<TrainConfig>(finetune_alone)) {
      throw ConfigError("--resume goes on by the run's own configuration; give it alone");
    }
    const fs::path file = fs::path(config.resume) / "config.json";
    if (!fs::exists(file))
      throw IoError(printable(config.resume) + " is no run: it has no config.json");
    own = read_json<TrainConfig>(read_json_file(file));
    own.output = config.resume;
  }
  if (own.data.empty() || own.output.empty()) {
    throw ConfigError("--data and --output are required, or --resume");
  }
  const PreparedSet set = PreparedSet::open(own.data);
  if (own.folds) {
    cross_validate(own, set, resumes, out);
    return;
  }
  const TrainingResult result = resumes ? resume_run(own, set) : start_run(own, set);
  out << nlohmann::ordered_json{{"run", own.output},
                                {"best_epoch", result.best.epoch},
                                {"validation", to_json(result.best.validation)}}
             .dump()
      << "\n";
}

void finetune(const FinetuneConfig& config, std::ostream& out) {
  if (config.checkpoint.empty() && config.resume.empty()) {
    throw ConfigError("--checkpoint is required: the run or checkpoint to start from");
  }
  train(config, out);
}

}  // namespace xrayclf
