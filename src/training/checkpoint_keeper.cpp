#include "xrayclf/training/checkpoint_keeper.hpp"

#include <system_error>
#include <utility>

#include "xrayclf/core/atomic_file.hpp"

namespace xrayclf {

CheckpointKeeper::CheckpointKeeper(const RunDirectory& run, Network& network, CheckpointInfo info,
                                   cv::Mat golden_image)
    : run_(run),
      network_(network),
      info_(std::move(info)),
      golden_image_(std::move(golden_image)) {}

void CheckpointKeeper::on_epoch(const EpochRecord& record, bool best) {
  last_ = record;
  if (!best) return;
  save(record);
  const std::int64_t before = std::exchange(best_epoch_, record.epoch);
  point(run_.best(), best_epoch_);
  if (before != 0) {
    std::error_code ignored;  // a leftover directory does no harm
    std::filesystem::remove_all(run_.checkpoint(before), ignored);
  }
}

void CheckpointKeeper::finish() {
  if (last_.epoch != best_epoch_) save(last_);
  if (best_epoch_ == 0) {
    best_epoch_ = last_.epoch;
    point(run_.best(), best_epoch_);
  }
  point(run_.last(), last_.epoch);
}

void CheckpointKeeper::save(const EpochRecord& record) {
  network_.eval();
  info_.training["epoch"] = to_json(record);
  write_checkpoint(run_.checkpoint(record.epoch), network_, info_, golden_image_);
}

void CheckpointKeeper::point(const std::filesystem::path& pointer, std::int64_t epoch) {
  write_file(pointer, run_.checkpoint(epoch).filename().string() + "\n");
}

}  // namespace xrayclf
