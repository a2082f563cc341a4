#include "app/training_log.hpp"

#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "xrayclf/core/retry.hpp"
#include "xrayclf/image/codec.hpp"

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
  retry_io([&] { write_history(directory_, history_); });
}

void HistoryWriter::on_epoch(const EpochRecord& record, bool) {
  history_.push_back(record);
  retry_io([&] { write_history(directory_, history_); });
}

TensorBoardLog::TensorBoardLog(const std::filesystem::path& directory,
                               std::optional<std::int64_t> resumed_epoch) {
  retry_io([&] { events_.emplace(directory, resumed_epoch); });
}

void TensorBoardLog::on_epoch(const EpochRecord& record, bool) {
  for (const auto& entry : figures(record)) {
    const std::string& name = entry.first;
    const std::string tag =
        name.rfind("val_", 0) == 0 ? "validation/" + name.substr(4) : "train/" + name;
    retry_io([&] { events_->scalar(tag, entry.second, record.epoch); });
  }
  retry_io([&] { events_->flush(); });
}

void TensorBoardLog::configuration(const nlohmann::json& config) {
  const std::string text = "```json\n" + config.dump(2) + "\n```";
  retry_io([&] { events_->text("configuration", text, 0); });
}

void TensorBoardLog::views(const cv::Mat& picture, std::int64_t epoch) {
  const std::string png = encode_png(picture);
  retry_io([&] { events_->image("views", png, epoch); });
}

}  // namespace xrayclf
