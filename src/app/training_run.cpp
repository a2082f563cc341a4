#include "app/training_run.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "app/calibrate.hpp"
#include "app/split_rows.hpp"
#include "app/training_data.hpp"
#include "app/training_log.hpp"
#include "app/training_model.hpp"
#include "xrayclf/augment/augmenter.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/core/logging.hpp"
#include "xrayclf/core/run_directory.hpp"
#include "xrayclf/core/sha256.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/core/version.hpp"
#include "xrayclf/model/device.hpp"
#include "xrayclf/training/checkpoint_keeper.hpp"
#include "xrayclf/training/trainer.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;

nlohmann::ordered_json environment(const torch::Device& device) {
  nlohmann::ordered_json info = version_info();
  info["device"] = device.str();
  info["threads"] = torch::get_num_threads();
  info["cpu_capability"] = at::get_cpu_capability();
  return info;
}

PhaseConfig phase_of(const TrainConfig& config, std::size_t index) {
  if (config.phases.empty()) return config;
  nlohmann::json settings = write_json<PhaseConfig>(config);
  settings.merge_patch(config.phases[index].patch);
  return read_json<PhaseConfig>(settings, "phases[" + std::to_string(index) + "]");
}

/// All phases, so that a mistake in the last one shows before the first one is run.
std::vector<PhaseConfig> phases_of(const TrainConfig& config, const torch::Device& device) {
  std::vector<PhaseConfig> phases;
  const std::size_t count = std::max<std::size_t>(config.phases.size(), 1);
  for (std::size_t i = 0; i < count; ++i) phases.push_back(phase_of(config, i));
  for (const PhaseConfig& phase : phases) {
    Augmenter{phase.augment};
    Callbacks{phase.callbacks, LearningRateControl::schedule};
    check_precision(phase.training_precision, device);
  }
  return phases;
}

std::int64_t total_epochs(const std::vector<PhaseConfig>& phases) {
  std::int64_t epochs = 0;
  for (const PhaseConfig& phase : phases) epochs += phase.epochs;
  return epochs;
}

/// The settings that decide what a run comes to. Others may change between its parts.
nlohmann::json decisive(const TrainConfig& config) {
  nlohmann::json settings = write_json(config);
  for (const char* free : {"data", "output", "resume", "allow_changed_data", "folds", "save",
                           "tensorboard", "device", "sets", "max_risk", "ood", "ood_level"}) {
    settings.erase(free);
  }
  settings["cache"].erase("memory_gib");
  return settings;
}

/// A run under way, new or resumed.
class TrainingRun {
 public:
  TrainingRun(const TrainConfig& config, const PreparedSet& set)
      : config_(config),
        set_(set),
        device_(select_device(config.device)),
        phases_(phases_of(config, device_)),
        training_(set, rows_of(set, config, "train")),
        validation_(set, rows_of(set, config, "validation")) {
    check_precision(config.precision, device_);
    training_.require_every_class();
  }

  /// `enter` gives the run's directory once all is known to be well.
  template <class Enter>
  void begin(Enter&& enter) {
    Model model = first_model(config_, set_);
    network_ = std::move(model.network);
    info_ = std::move(model.info);
    for (const PhaseConfig& phase : phases_) open_network(*network_, phase.open);  // or ConfigError
    check_engine(*network_, info_.input, {config_.engine, device_, config_.precision});
    hold(enter());
    info_.training["data"] = data();
    info_.training["settings"] = decisive(config_);
    network_->to(device_);
    make_keeper();
    keeper_->save_start(state_);
  }

  /// Throws ModelError if the data set or the settings are not those that the run began with.
  void resume(RunDirectory directory) {
    if (directory.saved_checkpoints().empty()) {
      spdlog::warn("{} was stopped before its first save; it begins anew", config_.output);
      begin([&] { return std::move(directory); });
      return;
    }
    hold(std::move(directory));
    SavedRun saved = last_saved(*run_, device_);
    network_ = std::move(saved.checkpoint.network);
    info_ = std::move(saved.checkpoint.info);
    info_.calibration = nlohmann::json::object();  // of weights that training changes
    require_same_world(saved.directory);
    state_ = std::move(saved.state);
    tensors_ = std::move(saved.tensors);
    kept_ = std::move(saved.kept);
    resumed_ = true;
    spdlog::info("going on from {}", saved.directory.string());
    make_keeper();
    keeper_->resume(saved.directory, state_);
  }

  TrainingResult fit() try {
    spdlog::info("{} training and {} validation images, {} classes, on {}", training_.size(),
                 validation_.size(), set_.classes.size(), device_.str());
    EpochLog epoch_log(total_epochs(phases_), training_.size(), state_.epoch - 1);
    HistoryWriter history(run_->path(), state_.history);
    if (config_.tensorboard) {
      board_.emplace(run_->path() / "tensorboard",
                     resumed_ ? std::optional(state_.epoch) : std::nullopt);
      if (!resumed_) board_->configuration(write_json(config_));
    }
    observers_ = {&epoch_log, &history};
    if (board_) observers_.push_back(&*board_);
    observers_.push_back(keeper_.get());
    for (; state_.phase < static_cast<std::int64_t>(phases_.size()); next_phase()) {
      fit_phase(phases_[static_cast<std::size_t>(state_.phase)]);
    }
    keeper_->finish(state_);
    if (config_.calibrate) {
      auto ensemble =
          Ensemble::load({run_->path().string()}, device_, config_.precision, config_.engine, {});
      calibrate_checkpoint(ensemble, set_, rows_of(set_, config_, "validation"), config_.batch_size,
                           config_);
    }
    const auto best =
        static_cast<std::size_t>(state_.best_epoch > 0 ? state_.best_epoch : state_.epoch - 1);
    return {run_->path(), state_.history.at(best - 1)};
  } catch (const IoError& e) {
    throw IoError(
        fmt::format("{}; the last good checkpoint is {}, and xrayclf train --resume {} "
                    "goes on from it",
                    e.what(), last_good_checkpoint(*run_), printable(run_->path().string())));
  }

 private:
  void hold(RunDirectory directory) {
    run_.emplace(std::move(directory));
    // First of all, so that whatever happens then can be resumed.
    if (!fs::exists(run_->config())) {
      write_json_file(run_->config(), nlohmann::json(write_json(config_)));
    }
    log_.emplace(run_->log());
    write_json_file(run_->environment(), environment(device_));
  }

  nlohmann::json data() const {
    return {{"sha256", sha256_file(set_.root / "dataset.json")},
            {"train", training_.count_by_class()},
            {"validation", validation_.count_by_class()}};
  }

  void require_same_world(const fs::path& checkpoint) {
    require_fit(info_, checkpoint, set_);
    const std::string settings =
        json_differences(info_.training.value("settings", nlohmann::json()), decisive(config_));
    if (!settings.empty()) {
      throw ModelError(fmt::format("{} has changed since the run began: {}",
                                   printable(run_->config().string()), settings));
    }
    const std::string data_set =
        json_differences(info_.training.value("data", nlohmann::json()), data());
    if (data_set.empty()) return;
    const std::string changed = fmt::format("{} has changed since {} began: {}", set_.root.string(),
                                            run_->path().string(), data_set);
    if (!config_.allow_changed_data) {
      throw ModelError(changed + "; --allow_changed_data goes on with it all the same");
    }
    spdlog::warn("{}", changed);
    info_.training["data"] = data();
  }

  void make_keeper() {
    keeper_ = std::make_unique<CheckpointKeeper>(*run_, *network_, info_, validation_.image(0),
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
    if (state_.phase_ended) {
      trainer.finish();
      return;
    }
    spdlog::info("phase {} of {}: {} trained parameters", state_.phase + 1, phases_.size(),
                 opening.trainable);
    if (board_ && state_.epoch == state_.first_epoch && state_.batches == 0) {
      board_->views(training_views(training_, phase, config_, state_.epoch), state_.epoch);
    }
    const ExampleSource train_source{*network_, training_, info_.input, device_, run_->path()};
    const ExampleSource validation_source{*network_, validation_, info_.input, device_,
                                          run_->path()};
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

  const TrainConfig& config_;
  const PreparedSet& set_;
  torch::Device device_;
  std::vector<PhaseConfig> phases_;
  TrainingSplit training_;
  TrainingSplit validation_;
  std::optional<RunDirectory> run_;
  std::optional<LogFile> log_;
  std::shared_ptr<Network> network_;
  CheckpointInfo info_;
  TrainingState state_;
  std::map<std::string, torch::Tensor> tensors_;
  std::map<std::string, torch::Tensor> kept_;
  std::unique_ptr<CheckpointKeeper> keeper_;
  std::optional<TensorBoardLog> board_;
  std::vector<TrainingObserver*> observers_;
  bool resumed_ = false;
};

}  // namespace

TrainingResult start_run(const TrainConfig& config, const PreparedSet& set) {
  RunDirectory::require_new(config.output);
  TrainingRun run(config, set);
  run.begin([&] { return RunDirectory::create(config.output); });
  return run.fit();
}

TrainingResult resume_run(const TrainConfig& config, const PreparedSet& set) {
  RunDirectory directory = RunDirectory::open(config.output);
  TrainingRun run(config, set);
  run.resume(std::move(directory));
  return run.fit();
}

}  // namespace xrayclf
