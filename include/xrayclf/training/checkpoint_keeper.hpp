#pragma once

#include <cstdint>

#include <opencv2/core.hpp>

#include "xrayclf/core/run_directory.hpp"
#include "xrayclf/model/checkpoint.hpp"
#include "xrayclf/training/trainer.hpp"

namespace xrayclf {

/// Keeps the best and the last checkpoint of a run: a directory each under checkpoints/, and the
/// text files `best` and `last` that name them. A directory is complete before a pointer names it,
/// and one that no pointer names is removed only after that.
class CheckpointKeeper : public TrainingObserver {
 public:
  /// `golden_image` is a prepared image whose logits are stored for the check at load.
  CheckpointKeeper(const RunDirectory& run, Network& network, CheckpointInfo info,
                   cv::Mat golden_image);

  /// Saves the epoch if it is the best so far; the last one is saved by finish().
  void on_epoch(const EpochRecord& record, bool best) override;
  /// Saves the last epoch. An epoch that never was best (a monitored figure that is NaN throughout)
  /// leaves the last as best.
  void finish();

  std::int64_t best_epoch() const { return best_epoch_; }

 private:
  void save(const EpochRecord& record);
  void point(const std::filesystem::path& pointer, std::int64_t epoch);

  const RunDirectory& run_;
  Network& network_;
  CheckpointInfo info_;
  cv::Mat golden_image_;
  EpochRecord last_;
  std::int64_t best_epoch_ = 0;
};

}  // namespace xrayclf
