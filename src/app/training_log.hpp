#pragma once

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "xrayclf/callbacks/event_file.hpp"
#include "xrayclf/core/progress.hpp"
#include "xrayclf/training/trainer.hpp"

namespace xrayclf {

/// Shows steps on a terminal and every epoch in the log.
class EpochLog : public TrainingObserver {
 public:
  EpochLog(std::int64_t epochs, std::int64_t images, std::int64_t epochs_done);
  void on_step(std::int64_t epoch, std::int64_t images, double loss) override;
  void on_epoch(const EpochRecord& record, bool best) override;

 private:
  std::int64_t epochs_;
  Progress progress_;
};

/// Rewrites history.csv and history.json after every epoch.
class HistoryWriter : public TrainingObserver {
 public:
  HistoryWriter(std::filesystem::path directory, std::vector<EpochRecord> so_far);
  void on_epoch(const EpochRecord& record, bool best) override;

 private:
  std::filesystem::path directory_;
  std::vector<EpochRecord> history_;
};

/// The figures of every epoch for TensorBoard, and what the run is. A resumed run gives its next
/// epoch, from which on a reader forgets earlier files. Failed writes are tried again.
class TensorBoardLog : public TrainingObserver {
 public:
  TensorBoardLog(const std::filesystem::path& directory, std::optional<std::int64_t> resumed_epoch);
  void on_epoch(const EpochRecord& record, bool best) override;
  void configuration(const nlohmann::json& config);
  /// A picture (BGR) of the views that a phase begins with.
  void views(const cv::Mat& picture, std::int64_t epoch);

 private:
  std::optional<EventFile> events_;
};

}  // namespace xrayclf
