#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace xrayclf {

/// What the SIZ marker of a JPEG 2000 codestream declares.
struct Jpeg2000Header {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t channels = 0;
  int precision = 0;  ///< bits, equal in all channels
};

/// The codestream within `bytes`, which may be wrapped in the boxes of a JP2 file. Throws
/// DataError.
std::string_view find_codestream(std::string_view bytes);

/// Reads and checks the header. Throws DataError: no SIZ, an offset, subsampled or unlike channels,
/// more than 16 bits, more than 4096 tiles, a tile without data.
Jpeg2000Header jpeg_2000_header(std::string_view codestream);

/// Decodes by OpenJPEG, strictly: the planes one after the other, row by row, each value the
/// `precision` low bits of the stream's, not extended by sign. Throws DataError, ResourceError.
std::vector<std::uint16_t> decode_jpeg_2000(std::string_view codestream,
                                            const Jpeg2000Header& header);

}  // namespace xrayclf
