#include "png_chunks.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <string>

#include "exif.hpp"
#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {

constexpr std::size_t kSignature = 8;
constexpr std::size_t kChunkFrame = 12;  // length, type and checksum
constexpr std::size_t kIhdrLength = 13;

std::uint32_t big_endian(std::string_view bytes, std::size_t offset) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value = value << 8 | static_cast<std::uint8_t>(bytes[offset + i]);
  return value;
}

/// The colour types: 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGB with alpha.
bool is_legal_depth(int colour_type, int bits) {
  switch (colour_type) {
    case 0:
      return bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16;
    case 3:
      return bits == 1 || bits == 2 || bits == 4 || bits == 8;
    case 2:
    case 4:
    case 6:
      return bits == 8 || bits == 16;
    default:
      return false;
  }
}

/// The zlib stream in a chunk that has one, else "".
std::string_view compressed_part(std::string_view type, std::string_view data) {
  const std::size_t name_end = std::min(data.find('\0'), data.size());
  if (type == "zTXt" || type == "iCCP") return data.substr(std::min(name_end + 2, data.size()));
  if (type != "iTXt" || name_end + 1 >= data.size() || data[name_end + 1] != 1) return "";
  const std::size_t language_end = data.find('\0', name_end + 3);
  const std::size_t keyword_end =
      language_end == std::string_view::npos ? language_end : data.find('\0', language_end + 1);
  return keyword_end == std::string_view::npos ? "" : data.substr(keyword_end + 1);
}

/// How many bytes the stream unpacks to, counted up to about `enough`, keeping none of them. A
/// broken stream counts up to where it breaks.
std::int64_t unpacked_bytes(std::string_view stream, std::int64_t enough) {
  z_stream state{};
  if (inflateInit(&state) != Z_OK) throw ResourceError("out of memory while decoding an image");
  state.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(stream.data()));
  state.avail_in = static_cast<uInt>(stream.size());
  std::array<Bytef, 1 << 14> block;
  std::int64_t count = 0;
  int status = Z_OK;
  while (status == Z_OK && count <= enough) {
    state.next_out = block.data();
    state.avail_out = static_cast<uInt>(block.size());
    status = inflate(&state, Z_NO_FLUSH);
    count += static_cast<std::int64_t>(block.size() - state.avail_out);
  }
  inflateEnd(&state);
  return count;
}

/// Counts ancillary chunks against the limits. What they say changes no pixel, but a decoder may
/// unpack them.
class AncillaryBudget {
 public:
  explicit AncillaryBudget(const ImageLimits& limits) : limits_(limits) {}

  void take(std::string_view type, std::string_view data) {
    if (++chunks_ > limits_.png_chunks) {
      throw DataError("a PNG with more than the limit of " + std::to_string(limits_.png_chunks) +
                      " ancillary chunks");
    }
    bytes_ += static_cast<std::int64_t>(data.size());
    const std::string_view stream = compressed_part(type, data);
    if (!stream.empty()) bytes_ += unpacked_bytes(stream, limits_.png_chunk_bytes - bytes_);
    if (bytes_ > limits_.png_chunk_bytes) {
      throw DataError("a PNG whose ancillary chunks unpack to more than the limit of " +
                      std::to_string(limits_.png_chunk_bytes >> 20) + " MiB");
    }
  }

 private:
  ImageLimits limits_;
  std::int64_t chunks_ = 0;
  std::int64_t bytes_ = 0;
};

}  // namespace

PngHeader parse_png_header(std::string_view bytes) {
  if (bytes.size() < kSignature + kChunkFrame + kIhdrLength) {
    throw DataError("truncated PNG: the header is not complete");
  }
  if (bytes.substr(kSignature + 4, 4) != "IHDR" || big_endian(bytes, kSignature) != kIhdrLength) {
    throw DataError("corrupt PNG: it does not begin with a header chunk (IHDR)");
  }
  const std::size_t at = kSignature + 8;
  PngHeader header;
  header.width = big_endian(bytes, at);
  header.height = big_endian(bytes, at + 4);
  header.bit_depth = static_cast<std::uint8_t>(bytes[at + 8]);
  header.colour_type = static_cast<std::uint8_t>(bytes[at + 9]);
  header.interlaced = bytes[at + 12] == 1;
  if (header.width == 0 || header.height == 0)
    throw DataError("corrupt PNG: an image without pixels");
  if (!is_legal_depth(header.colour_type, header.bit_depth)) {
    throw DataError("corrupt PNG: " + std::to_string(header.bit_depth) + " bits with colour type " +
                    std::to_string(header.colour_type));
  }
  if (bytes[at + 10] != 0 || bytes[at + 11] != 0 || bytes[at + 12] < 0 || bytes[at + 12] > 1) {
    throw DataError("corrupt PNG: unknown compression, filter or interlace method");
  }
  return header;
}

ImageInfo describe_png(const PngHeader& header) {
  ImageInfo info;
  info.format = ImageFormat::png;
  info.width = header.width;
  info.height = header.height;
  info.bit_depth = header.bit_depth;
  info.channels = header.colour_type == 3
                      ? 1
                      : (header.colour_type & 2 ? 3 : 1) + (header.colour_type & 4 ? 1 : 0);
  const char* colour = header.colour_type == 3  ? "palette"
                       : header.colour_type & 2 ? "RGB"
                                                : "grey";
  info.description = std::to_string(header.bit_depth) + "-bit " + colour + " PNG";
  if (header.colour_type & 4) info.description += " with alpha";
  if (header.interlaced) info.description += ", interlaced";
  return info;
}

std::int64_t check_png_chunks(std::string_view bytes, const ImageLimits& limits) {
  std::int64_t orientation = 1;
  AncillaryBudget budget(limits);
  for (std::size_t at = kSignature; at + kChunkFrame <= bytes.size();) {
    const std::size_t length = big_endian(bytes, at);
    const std::string_view type = bytes.substr(at + 4, 4);
    if (length > bytes.size() - at - kChunkFrame) break;
    if (type == "IEND") return orientation;
    if (type == "acTL") throw DataError("an animated PNG (APNG); save the one image that is meant");
    const std::string_view data = bytes.substr(at + 8, length);
    const bool is_ancillary = (type[0] & 0x20) != 0;
    if (is_ancillary) budget.take(type, data);
    if (type == "eXIf") orientation = exif_orientation(data);
    at += kChunkFrame + length;
  }
  throw DataError("truncated PNG: the data end before the image does");
}

}  // namespace xrayclf
