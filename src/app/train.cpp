#include "xrayclf/app/train.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <ostream>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "xrayclf/core/cache_directory.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/core/logging.hpp"
#include "xrayclf/core/progress.hpp"
#include "xrayclf/core/random.hpp"
#include "xrayclf/core/run_directory.hpp"
#include "xrayclf/core/sha256.hpp"
#include "xrayclf/core/version.hpp"
#include "xrayclf/data/prepared_set.hpp"
#include "xrayclf/inference/features.hpp"
#include "xrayclf/model/checkpoint.hpp"
#include "xrayclf/model/device.hpp"
#include "xrayclf/model/weights.hpp"
#include "xrayclf/training/checkpoint_keeper.hpp"
#include "xrayclf/training/trainer.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;

/// Images of one split with their class indices.
struct Split {
  const PreparedSet& set;
  std::vector<std::size_t> rows;
  std::vector<std::int64_t> targets;

  Split(const PreparedSet& from, std::string_view name) : set(from), rows(from.split(name)) {
    for (const std::size_t row : rows) targets.push_back(set.class_index(set.records[row]));
  }
  const Record& record(std::int64_t i) const {
    return set.records[rows[static_cast<std::size_t>(i)]];
  }
  std::int64_t size() const { return static_cast<std::int64_t>(rows.size()); }
};

void require_every_class(const Split& train) {
  for (std::size_t c = 0; c < train.set.classes.size(); ++c) {
    if (std::count(train.targets.begin(), train.targets.end(), static_cast<std::int64_t>(c)) == 0) {
      throw DataError(train.set.root.string() + ": no training image of class '" +
                      train.set.classes[c] + "'");
    }
  }
}

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

struct Model {
  std::shared_ptr<Network> network;
  InputSpec input;
  nlohmann::ordered_json weights;  ///< where they come from
};

Model build_model(const ModelConfig& config, std::int64_t classes, std::int64_t seed) {
  const Architecture& architecture = find_architecture(config.architecture);
  NetworkConfig network;
  network.architecture = config.architecture;
  network.flavour = architecture.default_flavour;
  network.head = config.head;
  network.num_classes = classes;
  const auto file = weights_file(config);
  if (file) network.flavour = read_weights_record(*file).flavour;
  torch::manual_seed(derive_seed(static_cast<std::uint64_t>(seed), {}));
  Model model{make_network(network), architecture.input, {{"file", nullptr}}};
  if (file) {
    const PretrainedReport loaded = load_pretrained(*model.network, *file);
    model.input = loaded.record.input;
    model.weights = {{"file", file->string()},
                     {"sha256", sha256_file(*file)},
                     {"source", loaded.record.source},
                     {"source_sha256", loaded.record.source_sha256}};
    spdlog::info("backbone {} from {}", config.architecture, file->string());
  }
  return model;
}

nlohmann::ordered_json environment(const torch::Device& device) {
  nlohmann::ordered_json info = version_info();
  info["device"] = device.str();
  info["threads"] = torch::get_num_threads();
  info["cpu_capability"] = at::get_cpu_capability();
  return info;
}

/// Shows steps on a terminal and every epoch in the log.
class EpochLog : public TrainingObserver {
 public:
  EpochLog(std::int64_t epochs, std::int64_t images)
      : epochs_(epochs), progress_("train", epochs * images, "images") {}

  void on_step(std::int64_t epoch, std::int64_t images, double loss) override {
    progress_.advance(images, fmt::format("epoch {}, loss {:.4f}", epoch, loss));
  }
  void on_epoch(const EpochRecord& r, bool best) override {
    progress_.clear();
    spdlog::info(
        "epoch {}/{}: loss {:.4f}, accuracy {:.4f}, AUROC {:.4f}; validation loss {:.4f}, accuracy "
        "{:.4f}, AUROC "
        "{:.4f}; rate {:g}, {:.1f} s, {:.0f} images/s{}",
        r.epoch, epochs_, r.train.loss, r.train.accuracy, r.train.auroc, r.validation.loss,
        r.validation.accuracy, r.validation.auroc, r.learning_rate, r.seconds, r.images_per_second,
        best ? " (best)" : "");
  }

 private:
  std::int64_t epochs_;
  Progress progress_;
};

/// Rewrites history.csv and history.json after every epoch.
class HistoryWriter : public TrainingObserver {
 public:
  explicit HistoryWriter(fs::path directory) : directory_(std::move(directory)) {}
  void on_epoch(const EpochRecord& record, bool) override {
    history_.push_back(record);
    write_history(directory_, history_);
  }

 private:
  fs::path directory_;
  std::vector<EpochRecord> history_;
};

CheckpointInfo describe_checkpoint(const Model& model, const PreparedSet& set) {
  CheckpointInfo info;
  info.network = model.network->config();
  info.classes = set.classes;
  info.input = model.input;
  info.preprocessing = write_json(set.preprocessing);
  info.preprocessing_fingerprint = set.fingerprint;
  info.training = {{"backbone_weights", nlohmann::json(model.weights)}};
  return info;
}

}  // namespace

void train(const TrainConfig& config, std::ostream& out) {
  const torch::Device device = select_device(config.device);
  const PreparedSet set = PreparedSet::open(config.data);
  const Split training(set, "train");
  const Split validation(set, "validation");
  require_every_class(training);
  Model model =
      build_model(config.model, static_cast<std::int64_t>(set.classes.size()), config.seed);
  Network& network = *model.network;

  const RunDirectory run = RunDirectory::create(config.output);
  const LogFile log(run.log());
  write_json_file(run.config(), nlohmann::json(write_json(config)));
  write_json_file(run.environment(), environment(device));
  spdlog::info("{} training and {} validation images, {} classes, on {}", training.size(),
               validation.size(), set.classes.size(), device.str());

  network.to(device);
  const std::int64_t cut = network.unit_count();
  freeze_prefix(network, cut);
  const auto examples = [&](const Split& split, const std::string& title) {
    const PrefixOptions options{device, config.precision, config.batch_size, title};
    const auto rows = prefix_outputs(
        network, cut, model.input, split.size(),
        [&](std::int64_t i) { return set.read(split.record(i)); }, options);
    return CachedExamples(rows.to(device), split.targets);
  };
  CachedExamples train_examples = examples(training, "training features");
  CachedExamples validation_examples = examples(validation, "validation features");

  Trainer trainer(network, cut,
                  {config.epochs, config.batch_size, config.seed, config.optimizer, config.loss,
                   config.monitor, config.norm_statistics});
  EpochLog epoch_log(config.epochs, training.size());
  HistoryWriter history_writer(run.path());
  CheckpointKeeper keeper(run, network, describe_checkpoint(model, set),
                          set.read(validation.record(0)));
  for (TrainingObserver* observer :
       std::initializer_list<TrainingObserver*>{&epoch_log, &history_writer, &keeper}) {
    trainer.add_observer(*observer);
  }
  const auto history = trainer.fit(train_examples, validation_examples,
                                   [&](std::int64_t i) { return training.record(i).path; });
  keeper.finish();

  const EpochRecord& best = history[static_cast<std::size_t>(keeper.best_epoch() - 1)];
  out << nlohmann::ordered_json{{"run", config.output},
                                {"best_epoch", best.epoch},
                                {"validation", to_json(best.validation)}}
             .dump()
      << "\n";
}

}  // namespace xrayclf
