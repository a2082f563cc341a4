#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include <opencv2/core.hpp>

#include "xrayclf/core/run_directory.hpp"
#include "xrayclf/model/checkpoint.hpp"
#include "xrayclf/training/trainer.hpp"

namespace xrayclf {

/// Saves a run so that it can go on from there: a checkpoint directory after every epoch and
/// whenever the trainer asks, and the text files `best` and `last` that name two of them. A
/// directory is complete before a pointer names it, and only then are older ones removed: all but
/// the last `keep`, those whose weights their phases may end with, and the best.
class CheckpointKeeper : public TrainingObserver {
 public:
  /// `golden_image` is a prepared image whose logits are stored for the check at load.
  CheckpointKeeper(const RunDirectory& run, Network& network, CheckpointInfo info,
                   cv::Mat golden_image, std::int64_t keep);

  /// Before the first step, which proves that the run can be saved.
  void save_start(const TrainingState& state);
  /// Lets the pointers name what a run goes on from, in case later states were damaged.
  void resume(const std::filesystem::path& directory, const TrainingState& state);
  void on_save(const Trainer& trainer) override;
  /// Saves the state that follows the last epoch. An epoch that never was best (a monitored figure
  /// that is NaN throughout) leaves the last as best.
  void finish(const TrainingState& state);

 private:
  void save(const TrainingState& state, const std::map<std::string, torch::Tensor>& tensors);
  void prune(const TrainingState& state);

  const RunDirectory& run_;
  Network& network_;
  CheckpointInfo info_;
  cv::Mat golden_image_;
  std::int64_t keep_;
};

/// A state to go on from.
struct SavedRun {
  std::filesystem::path directory;
  LoadedCheckpoint checkpoint;
  TrainingState state;
  std::map<std::string, torch::Tensor> tensors;  ///< Trainer::tensors(); none before step 1
  std::map<std::string, torch::Tensor> kept;     ///< weights of the state's kept epoch, if any
};

/// The last complete checkpoint of a run; damaged ones are passed over with a warning. Throws
/// ModelError if none is left.
SavedRun last_saved(const RunDirectory& run, const torch::Device& device);

/// The directory of the last checkpoint that is whole, for messages; "none" where there is none.
std::string last_good_checkpoint(const RunDirectory& run);

}  // namespace xrayclf
