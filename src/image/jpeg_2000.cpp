#include "jpeg_2000.hpp"

#include <openjpeg.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "dicom_file.hpp"
#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {

using namespace std::string_view_literals;

constexpr std::uint64_t kMostTiles = 4096;  // OpenJPEG keeps 6 KiB and more for each

[[noreturn]] void damaged(const std::string& what) { damaged_dicom("its JPEG 2000 data " + what); }

std::uint32_t big_endian(std::string_view bytes, std::size_t at, std::size_t size) {
  if (at + size > bytes.size()) damaged("end within their header");
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  }
  return value;
}

/// The bytes as OpenJPEG reads them.
struct Source {
  std::string_view bytes;
  std::size_t position = 0;
};

OPJ_SIZE_T read_source(void* to, OPJ_SIZE_T size, void* data) {
  auto* source = static_cast<Source*>(data);
  const std::size_t count = std::min(size, source->bytes.size() - source->position);
  if (count == 0) return static_cast<OPJ_SIZE_T>(-1);
  std::memcpy(to, source->bytes.data() + source->position, count);
  source->position += count;
  return count;
}

OPJ_OFF_T skip_source(OPJ_OFF_T size, void* data) {
  auto* source = static_cast<Source*>(data);
  const auto left = static_cast<OPJ_OFF_T>(source->bytes.size() - source->position);
  if (size < 0 || left == 0) return -1;
  const OPJ_OFF_T count = std::min(size, left);
  source->position += static_cast<std::size_t>(count);
  return count;
}

OPJ_BOOL seek_source(OPJ_OFF_T position, void* data) {
  auto* source = static_cast<Source*>(data);
  if (position < 0 || static_cast<std::size_t>(position) > source->bytes.size()) return OPJ_FALSE;
  source->position = static_cast<std::size_t>(position);
  return OPJ_TRUE;
}

void ignore_message(const char*, void*) {}
void note_message(const char*, void* flag) { *static_cast<bool*>(flag) = true; }

/// OpenJPEG fills tiles that are not there with grey: every tile must have a tile part.
void require_all_tiles(std::string_view s, std::uint64_t tiles) {
  std::vector<bool> seen(static_cast<std::size_t>(tiles), false);
  std::size_t at = 2;
  while (at + 4 <= s.size() && big_endian(s, at, 2) != 0xFF90) at += 2 + big_endian(s, at + 2, 2);
  while (at + 12 <= s.size() && big_endian(s, at, 2) == 0xFF90) {
    const std::uint32_t tile = big_endian(s, at + 4, 2);
    if (tile >= seen.size()) damaged("have a tile that they do not declare");
    seen[tile] = true;
    const std::size_t length = big_endian(s, at + 6, 4);
    if (length == 0) break;  // the last one may say "up to the end"
    if (length < 14) damaged("have a broken tile");
    at += length;
  }
  if (std::find(seen.begin(), seen.end(), false) != seen.end()) damaged("lack a tile");
}

}  // namespace

std::string_view find_codestream(std::string_view bytes) {
  constexpr std::string_view kStart = "\xff\x4f\xff\x51"sv;
  if (bytes.substr(0, 4) == kStart) return bytes;
  // Boxes: length, type, for a length of 1 a longer length; 0 means up to the end.
  std::size_t at = 0;
  while (at + 8 <= bytes.size()) {
    std::uint64_t length = big_endian(bytes, at, 4);
    const std::string_view type = bytes.substr(at + 4, 4);
    std::size_t header = 8;
    if (length == 1) {
      length = std::uint64_t{big_endian(bytes, at + 8, 4)} << 32 | big_endian(bytes, at + 12, 4);
      header = 16;
    }
    if (type == "jp2c" && bytes.substr(at + header, 4) == kStart) return bytes.substr(at + header);
    if (length < header || length > bytes.size() - at) break;
    at += static_cast<std::size_t>(length);
  }
  damaged("have no codestream");
}

Jpeg2000Header jpeg_2000_header(std::string_view s) {
  const std::uint64_t right = big_endian(s, 8, 4);
  const std::uint64_t bottom = big_endian(s, 12, 4);
  const std::uint64_t left = big_endian(s, 16, 4);
  const std::uint64_t top = big_endian(s, 20, 4);
  const std::uint64_t tile_width = big_endian(s, 24, 4);
  const std::uint64_t tile_height = big_endian(s, 28, 4);
  Jpeg2000Header header;
  header.channels = big_endian(s, 40, 2);
  if (right <= left || bottom <= top || tile_width == 0 || tile_height == 0) {
    damaged("declare no pixels");
  }
  header.width = static_cast<std::uint32_t>(right - left);
  header.height = static_cast<std::uint32_t>(bottom - top);
  const std::uint64_t tiles =
      ((right + tile_width - 1) / tile_width) * ((bottom + tile_height - 1) / tile_height);
  if (tiles > kMostTiles) throw DataError("a DICOM image of more than 4096 JPEG 2000 tiles");
  require_all_tiles(s, tiles);
  if (header.channels != 1 && header.channels != 3) damaged("are of other than 1 or 3 channels");
  header.precision = static_cast<int>(big_endian(s, 42, 1) & 0x7F) + 1;
  for (std::uint32_t c = 0; c < header.channels; ++c) {
    const std::size_t at = 42 + std::size_t{3} * c;
    if (static_cast<int>(big_endian(s, at, 1) & 0x7F) + 1 != header.precision ||
        big_endian(s, at + 1, 1) != 1 || big_endian(s, at + 2, 1) != 1) {
      damaged("have unlike or subsampled channels");
    }
  }
  if (header.precision > 16) damaged("are of more than 16 bits");
  return header;
}

std::vector<std::uint16_t> decode_jpeg_2000(std::string_view codestream,
                                            const Jpeg2000Header& header) {
  Source source{codestream};
  const std::unique_ptr<opj_codec_t, void (*)(opj_codec_t*)> codec(
      opj_create_decompress(OPJ_CODEC_J2K), opj_destroy_codec);
  const std::unique_ptr<opj_stream_t, void (*)(opj_stream_t*)> stream(
      opj_stream_create(std::size_t{1} << 16, OPJ_TRUE), opj_stream_destroy);
  if (!codec || !stream) throw ResourceError("out of memory while decoding JPEG 2000");
  bool failed = false;
  opj_set_info_handler(codec.get(), ignore_message, nullptr);
  opj_set_warning_handler(codec.get(), ignore_message, nullptr);
  opj_set_error_handler(codec.get(), note_message, &failed);
  opj_stream_set_read_function(stream.get(), read_source);
  opj_stream_set_skip_function(stream.get(), skip_source);
  opj_stream_set_seek_function(stream.get(), seek_source);
  opj_stream_set_user_data(stream.get(), &source, nullptr);
  opj_stream_set_user_data_length(stream.get(), codestream.size());
  opj_dparameters_t parameters;
  opj_set_default_decoder_parameters(&parameters);
  opj_image_t* raw = nullptr;
  const bool begun = opj_setup_decoder(codec.get(), &parameters) == OPJ_TRUE &&
                     opj_decoder_set_strict_mode(codec.get(), OPJ_TRUE) == OPJ_TRUE &&
                     opj_read_header(stream.get(), codec.get(), &raw) == OPJ_TRUE;
  const std::unique_ptr<opj_image_t, void (*)(opj_image_t*)> image(raw, opj_image_destroy);
  if (!begun || !image || opj_decode(codec.get(), stream.get(), image.get()) != OPJ_TRUE ||
      failed) {
    damaged("are cut off or corrupt");
  }
  std::vector<std::uint16_t> out;
  const std::size_t plane = std::size_t{header.width} * header.height;
  out.reserve(plane * header.channels);
  const auto mask = static_cast<std::uint32_t>((1U << header.precision) - 1);
  for (std::uint32_t c = 0; c < header.channels; ++c) {
    if (c >= image->numcomps) damaged("lack a channel");
    const opj_image_comp_t& component = image->comps[c];
    if (component.data == nullptr || component.w != header.width || component.h != header.height) {
      damaged("decode to another size than they declare");
    }
    for (std::size_t i = 0; i < plane; ++i) {
      out.push_back(
          static_cast<std::uint16_t>(static_cast<std::uint32_t>(component.data[i]) & mask));
    }
  }
  return out;
}

}  // namespace xrayclf
