#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "decoders.hpp"
#include "exif.hpp"
#include "jpeg_errors.hpp"
#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {

/// Warnings (level -1) are how libjpeg reports truncated and corrupt data that it patches up with
/// grey.
void take_message(j_common_ptr handle, int level) {
  if (level < 0 && handle->err->msg_code != JWRN_JFIF_MAJOR) jump_out(handle);
}

struct JpegProgress {
  jpeg_progress_mgr manager;
  int scans;
};

/// Called for every row of blocks. Each scan of a progressive file costs a pass over the whole
/// image, at a few bytes of input.
void limit_scans(j_common_ptr handle) {
  auto* decompress = reinterpret_cast<j_decompress_ptr>(handle);
  auto* progress = reinterpret_cast<JpegProgress*>(handle->progress);
  if (decompress->input_scan_number <= progress->scans) return;
  auto* errors = reinterpret_cast<JpegErrors*>(handle->err);
  std::snprintf(errors->message, sizeof errors->message, "more than the limit of %d scans",
                progress->scans);
  handle->err->msg_code = 0;
  std::longjmp(errors->jump, 1);
}

/// Owns the state of libjpeg for one file. The steps return false on failure, `reason()` then
/// tells.
class JpegReader {
 public:
  JpegReader(std::string_view bytes, const ImageLimits& limits) : bytes_(bytes) {
    handle_.err = jpeg_std_error(&errors_.manager);
    errors_.manager.error_exit = jump_out;
    errors_.manager.emit_message = take_message;
    errors_.manager.output_message = print_nothing;
    progress_.manager.progress_monitor = limit_scans;
    progress_.scans = static_cast<int>(limits.jpeg_scans);
  }
  ~JpegReader() { jpeg_destroy_decompress(&handle_); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  bool read_header() {
    if (setjmp(errors_.jump) != 0) return false;
    jpeg_create_decompress(&handle_);
    handle_.progress = &progress_.manager;
    jpeg_mem_src(&handle_, reinterpret_cast<const unsigned char*>(bytes_.data()),
                 static_cast<unsigned long>(bytes_.size()));
    jpeg_save_markers(&handle_, JPEG_APP0 + 1, 0xffff);
    jpeg_read_header(&handle_, TRUE);
    return true;
  }

  /// Fills `height` rows of `width` bytes.
  bool read_grey(unsigned char* pixels, std::size_t stride) {
    if (setjmp(errors_.jump) != 0) return false;
    handle_.out_color_space = JCS_GRAYSCALE;
    jpeg_start_decompress(&handle_);
    while (handle_.output_scanline < handle_.output_height) {
      unsigned char* row = pixels + stride * handle_.output_scanline;
      jpeg_read_scanlines(&handle_, &row, 1);
    }
    jpeg_finish_decompress(&handle_);  // reads on to the end marker, so a missing one is noticed
    return true;
  }

  const jpeg_decompress_struct& header() const { return handle_; }
  bool has_multiple_scans() { return jpeg_has_multiple_scans(&handle_) != FALSE; }
  std::string reason() const {
    switch (errors_.manager.msg_code) {
      case JWRN_JPEG_EOF:
      case JERR_INPUT_EOF:
        return "truncated JPEG: the data end before the image does";
      case JERR_NO_IMAGE:
        return "truncated JPEG: it ends before any image";
      default:
        return std::string("corrupt or unsupported JPEG: ") + errors_.message;
    }
  }

 private:
  std::string_view bytes_;
  JpegErrors errors_{};
  JpegProgress progress_{};
  jpeg_decompress_struct handle_{};
};

const char* colour_name(J_COLOR_SPACE space) {
  switch (space) {
    case JCS_GRAYSCALE:
      return "grey";
    case JCS_RGB:
      return "RGB";
    case JCS_YCbCr:
      return "YCbCr";
    case JCS_CMYK:
      return "CMYK";
    case JCS_YCCK:
      return "YCCK";
    default:
      return "unknown-colour";
  }
}

ImageInfo describe(const jpeg_decompress_struct& header) {
  ImageInfo info;
  info.format = ImageFormat::jpeg;
  info.width = header.image_width;
  info.height = header.image_height;
  info.channels = header.num_components;
  info.bit_depth = header.data_precision;
  info.description =
      std::to_string(info.bit_depth) + "-bit " + colour_name(header.jpeg_color_space) + " JPEG";
  if (header.progressive_mode) info.description += ", progressive";
  return info;
}

/// Files of several scans are held as coefficients of 16 bits until the last scan is in.
void require_memory_within(JpegReader& reader, const ImageLimits& limits) {
  if (!reader.has_multiple_scans()) return;
  std::int64_t bytes = 0;
  for (int i = 0; i < reader.header().num_components; ++i) {
    const jpeg_component_info& component = reader.header().comp_info[i];
    bytes += static_cast<std::int64_t>(component.width_in_blocks) * component.height_in_blocks *
             DCTSIZE2 * static_cast<std::int64_t>(sizeof(JCOEF));
  }
  if (bytes > limits.jpeg_memory) {
    throw DataError("a JPEG of several scans that would take " + std::to_string(bytes >> 20) +
                    " MiB to decode, more than the limit of " +
                    std::to_string(limits.jpeg_memory >> 20) + " MiB");
  }
}

/// Reads the header and applies everything that it can decide.
ImageInfo open_jpeg(JpegReader& reader, const ImageLimits& limits) {
  if (!reader.read_header()) throw DataError(reader.reason());
  const ImageInfo info = describe(reader.header());
  require_size_within(info, limits);
  if (info.channels == 4) {
    throw DataError(std::string("a ") + colour_name(reader.header().jpeg_color_space) +
                    " JPEG, made for print; save it as grey or RGB");
  }
  if (info.channels != 1 && info.channels != 3) {
    throw DataError("a JPEG of " + std::to_string(info.channels) +
                    " channels; grey and colour (3) are read");
  }
  require_memory_within(reader, limits);
  return info;
}

std::int64_t orientation_of(const jpeg_decompress_struct& header) {
  constexpr std::string_view kExif("Exif\0\0", 6);
  for (const jpeg_marker_struct* marker = header.marker_list; marker; marker = marker->next) {
    const std::string_view data(reinterpret_cast<const char*>(marker->data), marker->data_length);
    if (data.substr(0, kExif.size()) == kExif) return exif_orientation(data.substr(kExif.size()));
  }
  return 1;
}

}  // namespace

ImageInfo probe_jpeg(std::string_view bytes, const ImageLimits& limits) {
  JpegReader reader(bytes, limits);
  return open_jpeg(reader, limits);
}

DecodedImage decode_jpeg(std::string_view bytes, const ImageLimits& limits) {
  JpegReader reader(bytes, limits);
  DecodedImage image;
  image.info = open_jpeg(reader, limits);
  image.orientation = orientation_of(reader.header());
  cv::Mat grey(static_cast<int>(image.info.height), static_cast<int>(image.info.width), CV_8UC1);
  if (!reader.read_grey(grey.data, grey.step)) throw DataError(reader.reason());
  image.grey = apply_orientation(grey, image.orientation);
  return image;
}

}  // namespace xrayclf
