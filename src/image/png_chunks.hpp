#pragma once

#include <cstdint>
#include <string_view>

#include "xrayclf/image/codec.hpp"

namespace xrayclf {

/// The fields of IHDR, checked against the PNG specification (ISO/IEC 15948, 11.2.2).
struct PngHeader {
  std::int64_t width = 0;
  std::int64_t height = 0;
  int bit_depth = 0;
  int colour_type = 0;
  bool interlaced = false;
};

/// `bytes` begin with the PNG signature. Throws DataError.
PngHeader parse_png_header(std::string_view bytes);

ImageInfo describe_png(const PngHeader& header);

/// Walks the chunks without unpacking any. Throws DataError if the file ends before IEND, is an
/// APNG, or has more ancillary chunks than `limits` allow. Returns the EXIF orientation.
std::int64_t check_png_chunks(std::string_view bytes, const ImageLimits& limits);

}  // namespace xrayclf
