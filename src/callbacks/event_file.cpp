#include "xrayclf/callbacks/event_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/crc.hpp>
#include <cerrno>
#include <chrono>
#include <iomanip>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include <nlohmann/json.hpp>

#include "protobuf_writer.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

// Field numbers of tensorflow/core/util/event.proto and tensorflow/core/framework/{summary,tensor,
// tensor_shape,types}.proto (TensorFlow 2.13).
namespace event {
constexpr int kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5, kSessionLog = 7;
}
namespace summary {
constexpr int kValue = 1;
}
namespace summary_value {
constexpr int kTag = 1, kSimpleValue = 2, kImage = 4, kTensor = 8, kMetadata = 9;
}
namespace summary_image {
constexpr int kHeight = 1, kWidth = 2, kColorspace = 3, kEncoded = 4;
}
namespace tensor {
constexpr int kDtype = 1, kShape = 2, kStringValue = 8;
constexpr std::uint64_t kString = 7;
}  // namespace tensor
namespace summary_metadata {
constexpr int kPluginData = 1, kPluginName = 1;
}
namespace session_log {
constexpr int kStatus = 1;
constexpr std::uint64_t kStart = 1;
}  // namespace session_log

[[noreturn]] void fail(const std::string& action, const std::filesystem::path& path) {
  throw IoError("cannot " + action + " " + printable(path.string()) + ": " +
                std::generic_category().message(errno));
}

double seconds_since_1970() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string little_endian(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
  return out;
}

/// CRC-32C (Castagnoli), masked as TFRecord files have it: a CRC of data that hold a CRC is weak.
std::string masked_crc(std::string_view data) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(data.data(), data.size());
  const std::uint32_t value = crc.checksum();
  return little_endian(((value >> 15 | value << 17) + 0xA282EAD8U) & 0xFFFFFFFFU, 4);
}

/// Protobuf text fields must be UTF-8, or readers refuse the whole record.
std::string valid_text(std::string_view text) {
  if (is_utf8(text)) return std::string(text);
  const std::string quoted =
      nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return nlohmann::json::parse(quoted).get<std::string>();
}

ProtobufWriter begin_event(std::int64_t step) {
  ProtobufWriter out;
  out.fixed64(event::kWallTime, seconds_since_1970());
  out.varint(event::kStep, static_cast<std::uint64_t>(step));
  return out;
}

std::string summary_event(const ProtobufWriter& value, std::int64_t step) {
  ProtobufWriter values;
  values.bytes(summary::kValue, value.str());
  ProtobufWriter out = begin_event(step);
  out.bytes(event::kSummary, values.str());
  return out.str();
}

/// Width or height from a PNG's header, which is its first chunk.
std::uint64_t png_size(std::string_view png, std::size_t offset) {
  std::uint64_t size = 0;
  for (std::size_t i = 0; i < 4; ++i)
    size = size << 8 | static_cast<unsigned char>(png[offset + i]);
  return size;
}

constexpr std::string_view kNameStart = "events.out.tfevents.";

/// The time that goes into a new file's name. TensorBoard reads the files of a directory in the
/// order of their names, so it is later than those of all files there, even if the clock was set
/// back.
std::int64_t next_second(const std::filesystem::path& directory) {
  auto second = static_cast<std::int64_t>(seconds_since_1970());
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind(kNameStart, 0) != 0) continue;
    std::int64_t taken = 0;
    std::istringstream(name.substr(kNameStart.size(), 10)) >> taken;
    second = std::max(second, taken + 1);
  }
  return second;
}

int create_new(const std::filesystem::path& path) {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
}

}  // namespace

EventFile::EventFile(const std::filesystem::path& directory,
                     std::optional<std::int64_t> resumed_step) {
  make_directories(directory);
  for (std::int64_t second = next_second(directory); descriptor_ < 0; ++second) {
    std::ostringstream name;
    name << kNameStart << std::setw(10) << std::setfill('0') << second << ".xrayclf";
    path_ = directory / name.str();
    descriptor_ = create_new(path_);
    if (descriptor_ < 0 && errno != EEXIST) fail("create", path_);
  }
  ProtobufWriter version;
  version.fixed64(event::kWallTime, seconds_since_1970());
  version.bytes(event::kFileVersion, "brain.Event:2");
  append(version.str());
  if (resumed_step) {
    ProtobufWriter log;
    log.varint(session_log::kStatus, session_log::kStart);
    ProtobufWriter start = begin_event(*resumed_step);
    start.bytes(event::kSessionLog, log.str());
    append(start.str());
  }
}

EventFile::~EventFile() { ::close(descriptor_); }

void EventFile::scalar(std::string_view tag, double value, std::int64_t step) {
  ProtobufWriter out;
  out.bytes(summary_value::kTag, valid_text(tag));
  out.fixed32(summary_value::kSimpleValue, static_cast<float>(value));
  append(summary_event(out, step));
}

void EventFile::text(std::string_view tag, std::string_view markdown, std::int64_t step) {
  ProtobufWriter plugin;
  plugin.bytes(summary_metadata::kPluginName, "text");
  ProtobufWriter metadata;
  metadata.bytes(summary_metadata::kPluginData, plugin.str());
  ProtobufWriter value;
  value.varint(tensor::kDtype, tensor::kString);
  value.bytes(tensor::kShape, "");  // no dimensions: one text
  value.bytes(tensor::kStringValue, valid_text(markdown));
  ProtobufWriter out;
  out.bytes(summary_value::kTag, valid_text(tag));
  out.bytes(summary_value::kTensor, value.str());
  out.bytes(summary_value::kMetadata, metadata.str());
  append(summary_event(out, step));
}

void EventFile::image(std::string_view tag, std::string_view png, std::int64_t step) {
  constexpr std::string_view kSignature = "\x89PNG\r\n\x1a\n";
  if (png.size() < 24 || png.substr(0, kSignature.size()) != kSignature) {
    throw std::invalid_argument("EventFile::image needs the bytes of a PNG file");
  }
  ProtobufWriter picture;
  picture.varint(summary_image::kHeight, png_size(png, 20));
  picture.varint(summary_image::kWidth, png_size(png, 16));
  picture.varint(summary_image::kColorspace, 3);
  picture.bytes(summary_image::kEncoded, png);
  ProtobufWriter out;
  out.bytes(summary_value::kTag, valid_text(tag));
  out.bytes(summary_value::kImage, picture.str());
  append(summary_event(out, step));
}

void EventFile::flush() {
  if (::fdatasync(descriptor_) != 0) fail("write", path_);
}

void EventFile::append(std::string_view event) {
  const std::string length = little_endian(event.size(), 8);
  std::string record = length + masked_crc(length);
  record += event;
  record += masked_crc(event);
  const off_t before = ::lseek(descriptor_, 0, SEEK_END);
  std::size_t written = 0;
  while (written < record.size()) {
    const ssize_t n = ::write(descriptor_, record.data() + written, record.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int reason = errno;
      // A disk that fills up leaves part of a record, behind which nothing could be read again.
      if (before < 0 || ::ftruncate(descriptor_, before) != 0) {
        errno = reason;
        fail("take a broken record from", path_);
      }
      errno = reason;
      fail("write", path_);
    }
    written += static_cast<std::size_t>(n);
  }
}

}  // namespace xrayclf
