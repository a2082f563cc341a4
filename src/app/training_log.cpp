#include "app/training_log.hpp"

#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace xrayclf {

EpochLog::EpochLog(std::int64_t epochs, std::int64_t images, std::int64_t epochs_done)
    : epochs_(epochs), progress_("train", (epochs - epochs_done) * images, "images") {}

void EpochLog::on_step(std::int64_t epoch, std::int64_t images, double loss) {
  progress_.advance(images, fmt::format("epoch {}, loss {:.4f}", epoch, loss));
}

void EpochLog::on_epoch(const EpochRecord& r, bool best) {
  progress_.clear();
  spdlog::info(
      "epoch {}/{}: loss {:.4f}, accuracy {:.4f}, AUROC {:.4f}; validation loss {:.4f}, accuracy "
      "{:.4f}, AUROC {:.4f}; rate {:g}, {:.1f} s, {:.0f} images/s{}",
      r.epoch, epochs_, r.train.loss, r.train.accuracy, r.train.auroc, r.validation.loss,
      r.validation.accuracy, r.validation.auroc, r.learning_rate, r.seconds, r.images_per_second,
      best ? " (best)" : "");
}

HistoryWriter::HistoryWriter(std::filesystem::path directory, std::vector<EpochRecord> so_far)
    : directory_(std::move(directory)), history_(std::move(so_far)) {
  write_history(directory_, history_);
}

void HistoryWriter::on_epoch(const EpochRecord& record, bool) {
  history_.push_back(record);
  write_history(directory_, history_);
}

TensorBoardLog::TensorBoardLog(const std::filesystem::path& directory,
                               std::optional<std::int64_t> resumed_epoch)
    : events_(directory, resumed_epoch) {}

void TensorBoardLog::on_epoch(const EpochRecord& record, bool) {
  for (const auto& [name, value] : figures(record)) {
    const bool validation = name.rfind("val_", 0) == 0;
    events_.scalar(validation ? "validation/" + name.substr(4) : "train/" + name, value,
                   record.epoch);
  }
  events_.flush();
}

}  // namespace xrayclf
