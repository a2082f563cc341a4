#include "xrayclf/training/checkpoint_keeper.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>

#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/model/weights.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;
constexpr const char* kStateFile = "training_state.json";
/// A full disk or a network drive may recover between tries.
constexpr std::array<std::chrono::milliseconds, 2> kPauses{std::chrono::milliseconds(200),
                                                           std::chrono::milliseconds(1000)};
/// Batch systems send the final signal about half a minute after the first.
constexpr double kSlowSave = 10;

/// Newest first.
std::vector<fs::path> checkpoints_of(const RunDirectory& run) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(run.checkpoints(), error)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind("epoch-", 0) == 0 && name.find(".tmp-") == std::string::npos) {
      found.push_back(entry.path());
    }
  }
  std::sort(found.rbegin(), found.rend());
  return found;
}

}  // namespace

CheckpointKeeper::CheckpointKeeper(const RunDirectory& run, Network& network, CheckpointInfo info,
                                   cv::Mat golden_image, std::int64_t keep)
    : run_(run),
      network_(network),
      info_(std::move(info)),
      golden_image_(std::move(golden_image)),
      keep_(keep) {}

void CheckpointKeeper::save_start(const TrainingState& state) { save(state, {}); }

void CheckpointKeeper::on_save(const Trainer& trainer) { save(trainer.state(), trainer.tensors()); }

void CheckpointKeeper::save(const TrainingState& state,
                            const std::map<std::string, torch::Tensor>& tensors) {
  const auto start = std::chrono::steady_clock::now();
  const fs::path directory = run_.checkpoint(state.epoch - 1, state.batches);
  if (!state.history.empty()) info_.training["epoch"] = to_json(state.history.back());
  const std::map<std::string, std::string> files = {
      {kStateFile, state.to_json().dump(1, ' ', false, nlohmann::json::error_handler_t::replace)}};
  for (std::size_t attempt = 0;; ++attempt) {
    try {
      write_checkpoint(directory, network_, info_, golden_image_, files, tensors);
      if (state.best_epoch == state.epoch - 1 && state.best_epoch > 0 && state.batches == 0) {
        point(run_.best(), directory);
      }
      point(run_.last(), directory);
      break;
    } catch (const IoError& e) {
      if (attempt == kPauses.size()) {
        std::string last = "none";
        for (const fs::path& candidate : checkpoints_of(run_)) {
          if (candidate == directory) continue;
          last = candidate.string();
          break;
        }
        throw IoError(std::string(e.what()) + "; the last good checkpoint is " + last);
      }
      spdlog::warn("{}; trying again", e.what());
      std::this_thread::sleep_for(kPauses[attempt]);
    }
  }
  prune(state);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  if (taken.count() > kSlowSave) {
    spdlog::warn(
        "saving took {:.0f} s; a batch system that kills soon after its signal may not wait that "
        "long",
        taken.count());
  }
}

void CheckpointKeeper::finish(const TrainingState& state) {
  if (state.best_epoch == 0) point(run_.best(), run_.checkpoint(state.epoch - 1));
}

void CheckpointKeeper::point(const fs::path& pointer, const fs::path& directory) {
  write_file(pointer, directory.filename().string() + "\n");
}

void CheckpointKeeper::prune(const TrainingState& state) {
  const std::set<fs::path> wanted = {run_.checkpoint(state.best_epoch),
                                     run_.checkpoint(state.kept_epoch)};
  std::int64_t kept = 0;
  for (const fs::path& directory : checkpoints_of(run_)) {
    if (kept++ < keep_) continue;
    const bool named = wanted.count(directory) != 0 && directory != run_.checkpoint(0);
    std::error_code ignored;  // a leftover directory does no harm
    if (!named) fs::remove_all(directory, ignored);
  }
}

SavedRun last_saved(const RunDirectory& run, const torch::Device& device) {
  std::vector<std::string> reasons;
  for (const fs::path& directory : checkpoints_of(run)) {
    try {
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
    } catch (const Error& e) {
      spdlog::warn("passing over {}: {}", directory.string(), e.what());
      reasons.emplace_back(e.what());
    }
  }
  throw ModelError(printable(run.path().string()) + ": no checkpoint to go on from" +
                   (reasons.empty() ? "" : "; " + join(reasons, "; ")));
}

}  // namespace xrayclf
