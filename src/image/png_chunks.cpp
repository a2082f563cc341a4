#include "png_chunks.hpp"

#include <algorithm>
#include <string>

#include "exif.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"

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
  std::int64_t ancillary = 0;
  for (std::size_t at = kSignature; at + kChunkFrame <= bytes.size();) {
    const std::size_t length = big_endian(bytes, at);
    const std::string_view type = bytes.substr(at + 4, 4);
    if (length > bytes.size() - at - kChunkFrame) break;
    if (type == "IEND") return orientation;
    if (type == "acTL") throw DataError("an animated PNG (APNG); save the one image that is meant");
    const bool is_ancillary = (type[0] & 0x20) != 0;
    if (is_ancillary && ++ancillary > limits.png_chunks) {
      throw DataError("a PNG with more than the limit of " + std::to_string(limits.png_chunks) +
                      " ancillary chunks");
    }
    if (type == "eXIf") orientation = exif_orientation(bytes.substr(at + 8, length));
    at += kChunkFrame + length;
  }
  throw DataError("truncated PNG: the data end before the image does");
}

}  // namespace xrayclf
