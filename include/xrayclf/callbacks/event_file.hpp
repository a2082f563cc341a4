#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace xrayclf {

/// A TensorBoard event file: TFRecord framing around Event messages of the version "brain.Event:2".
/// Each record reaches the file whole, by one write at its end, so that TensorBoard can follow a
/// run and a killed one leaves no broken record. Every failure is an IoError with the path.
class EventFile {
 public:
  /// Opens a new file `events.out.tfevents.SECONDS.xrayclf` in `directory`, which is created if
  /// need be; no file is ever overwritten. A resumed run gives the first step that it will log
  /// again: TensorBoard then drops what earlier files of the directory hold from that step on.
  explicit EventFile(const std::filesystem::path& directory,
                     std::optional<std::int64_t> resumed_step = std::nullopt);
  ~EventFile();
  EventFile(const EventFile&) = delete;
  EventFile& operator=(const EventFile&) = delete;

  /// A figure under `tag` ("validation/loss"; a slash groups). NaN and infinity are written as
  /// such.
  void scalar(std::string_view tag, double value, std::int64_t step);
  /// Text in Markdown, UTF-8; bytes that are not become U+FFFD.
  void text(std::string_view tag, std::string_view markdown, std::int64_t step);
  /// A picture as the bytes of a PNG file. Throws std::invalid_argument if they are none.
  void image(std::string_view tag, std::string_view png, std::int64_t step);
  /// Waits until all records are on disk.
  void flush();

  const std::filesystem::path& path() const { return path_; }

 private:
  void append(std::string_view event);

  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace xrayclf
