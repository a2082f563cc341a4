#include "xrayclf/training/checkpoint_keeper.hpp"

#include <chrono>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>

#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/core/retry.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/model/weights.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;
constexpr const char* kStateFile = "training_state.json";
/// Batch systems send the final signal about half a minute after the first.
constexpr double kSlowSave = 10;

void point(const fs::path& pointer, const fs::path& directory) {
  write_file(pointer, directory.filename().string() + "\n");
}

/// The epoch whose weights the state in `directory` needs to go on; 0 for none.
std::int64_t kept_epoch_of(const fs::path& directory) {
  try {
    return TrainingState::from_json(read_json_file(directory / kStateFile)).kept_epoch;
  } catch (const Error&) {
    return 0;  // damaged: nothing can go on from it
  }
}

SavedRun read_saved(const RunDirectory& run, const fs::path& directory,
                    const torch::Device& device) {
  SavedRun saved;
  saved.directory = directory;
  saved.checkpoint = load_checkpoint(directory, device);
  saved.state = TrainingState::from_json(read_json_file(directory / kStateFile));
  std::error_code error;
  if (fs::exists(directory / kCheckpointTensors, error)) {
    saved.tensors = read_tensors(directory / kCheckpointTensors);
  }
  if (saved.state.kept_epoch > 0) {
    const fs::path kept = run.checkpoint(saved.state.kept_epoch);
    for (const auto& [name, value] : state_of(*load_checkpoint(kept, device).network)) {
      saved.kept[name] = value.detach().clone();
    }
  }
  return saved;
}

}  // namespace

CheckpointKeeper::CheckpointKeeper(const RunDirectory& run, Network& network, CheckpointInfo info,
                                   cv::Mat golden_image, std::int64_t keep)
    : run_(run),
      network_(network),
      info_(std::move(info)),
      golden_image_(std::move(golden_image)),
      keep_(keep) {}

void CheckpointKeeper::save_start(const TrainingState& state) {
  save(state, {});
  std::error_code error;
  const fs::space_info space = fs::space(run_.path(), error);
  if (error) return;
  // Later ones also hold an optimiser's two moments and, under a running mean, the raw weights.
  std::uintmax_t needed = 0;
  for (const auto& item : network_.parameters()) {
    needed += item.nbytes() * (item.requires_grad() ? 4 : 1);
  }
  needed *= static_cast<std::uintmax_t>(keep_) + 2;
  if (space.available < needed) {
    spdlog::warn("{}: {:.1f} GiB are free, and the run's checkpoints may need {:.1f} GiB",
                 printable(run_.path().string()), static_cast<double>(space.available) / (1 << 30),
                 static_cast<double>(needed) / (1 << 30));
  }
}

void CheckpointKeeper::on_save(const Trainer& trainer) { save(trainer.state(), trainer.tensors()); }

void CheckpointKeeper::save(const TrainingState& state,
                            const std::map<std::string, torch::Tensor>& tensors) {
  const auto start = std::chrono::steady_clock::now();
  const fs::path directory = run_.checkpoint(state.epoch - 1, state.batches);
  if (!state.history.empty()) info_.training["epoch"] = to_json(state.history.back());
  const std::map<std::string, std::string> files = {
      {kStateFile, state.to_json().dump(1, ' ', false, nlohmann::json::error_handler_t::replace)}};
  retry_io([&] {
    write_checkpoint(directory, network_, info_, golden_image_, files, tensors);
    if (state.best_epoch == state.epoch - 1 && state.best_epoch > 0 && state.batches == 0) {
      point(run_.best(), directory);
    }
    point(run_.last(), directory);
  });
  prune(state);
  spdlog::debug("saved {}", directory.string());
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  if (taken.count() > kSlowSave) {
    spdlog::warn(
        "saving took {:.0f} s; a batch system that kills soon after its signal may not wait that "
        "long",
        taken.count());
  }
}

void CheckpointKeeper::resume(const fs::path& directory, const TrainingState& state) {
  const fs::path best = run_.checkpoint(state.best_epoch);
  std::error_code ignored;
  if (state.best_epoch == 0) {
    fs::remove(run_.best(), ignored);  // of an epoch that will be run again
  } else {
    try {
      read_checkpoint_info(best);
    } catch (const Error& e) {
      spdlog::warn("the best checkpoint cannot be used: {}", e.what());
    }
    retry_io([&] { point(run_.best(), best); });
  }
  retry_io([&] { point(run_.last(), directory); });
}

void CheckpointKeeper::finish(const TrainingState& state) {
  if (state.best_epoch == 0) {
    retry_io([&] { point(run_.best(), run_.checkpoint(state.epoch - 1)); });
  }
}

void CheckpointKeeper::prune(const TrainingState& state) {
  const fs::path newest = run_.checkpoint(state.epoch - 1, state.batches);
  std::set<fs::path> wanted = {run_.checkpoint(state.best_epoch)};
  std::vector<fs::path> unwanted;
  std::int64_t kept = 0;
  bool passed_over = true;  // a later state was damaged when the run went on, and comes again
  for (const fs::path& directory : run_.saved_checkpoints()) {
    if (directory == newest) passed_over = false;
    if (!passed_over && kept++ < keep_) {
      wanted.insert(run_.checkpoint(kept_epoch_of(directory)));
    } else {
      unwanted.push_back(directory);
    }
  }
  wanted.erase(run_.checkpoint(0));
  for (const fs::path& directory : unwanted) {
    std::error_code ignored;  // a leftover directory does no harm
    if (wanted.count(directory) == 0) fs::remove_all(directory, ignored);
  }
}

SavedRun last_saved(const RunDirectory& run, const torch::Device& device) {
  std::vector<std::string> reasons;
  for (const fs::path& directory : run.saved_checkpoints()) {
    try {
      return read_saved(run, directory, device);
    } catch (const Error& e) {
      spdlog::warn("passing over {}: {}", directory.string(), e.what());
      reasons.emplace_back(e.what());
    }
  }
  throw ModelError(printable(run.path().string()) + ": no checkpoint to go on from" +
                   (reasons.empty() ? "" : "; " + join(reasons, "; ")));
}

std::string last_good_checkpoint(const RunDirectory& run) {
  for (const fs::path& directory : run.saved_checkpoints()) {
    try {
      read_checkpoint_info(directory);
      return directory.string();
    } catch (const Error&) {
      continue;  // the one that could not be written
    }
  }
  return "none";
}

}  // namespace xrayclf
