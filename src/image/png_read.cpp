#include <png.h>

#include <bit>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "decoders.hpp"
#include "exif.hpp"
#include "png_chunks.hpp"
#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {

/// Owns libpng's state for one file. libpng reports errors by a longjmp to the last setjmp, so the
/// functions that call setjmp hold nothing with a destructor. They return false on failure,
/// `message()` then tells.
class PngReader {
 public:
  PngReader(std::string_view bytes, const PngHeader& header, const ImageLimits& limits)
      : bytes_(bytes), header_(header) {
    handle_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, &PngReader::on_error,
                                     &PngReader::on_warning);
    info_ = handle_ == nullptr ? nullptr : png_create_info_struct(handle_);
    if (info_ == nullptr) {
      png_destroy_read_struct(&handle_, nullptr, nullptr);
      throw ResourceError("out of memory while decoding an image");
    }
    png_set_user_limits(handle_, static_cast<png_uint_32>(limits.side),
                        static_cast<png_uint_32>(limits.side));
    png_set_chunk_cache_max(handle_, static_cast<png_uint_32>(limits.png_chunks));
    png_set_chunk_malloc_max(handle_, static_cast<png_alloc_size_t>(limits.png_chunk_bytes));
    png_set_crc_action(handle_, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  }
  ~PngReader() { png_destroy_read_struct(&handle_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  /// Reads up to the pixels and sets the conversion to grey as OpenCV 4.8 does.
  bool read_header() {
    // Text changes no pixel; its checksum is still tested.
    static constexpr png_byte kText[] = "tEXt\0zTXt\0iTXt";
    if (setjmp(jump_) != 0) return false;
    png_set_read_fn(handle_, this, &PngReader::on_read);
    png_set_keep_unknown_chunks(handle_, PNG_HANDLE_CHUNK_NEVER, kText, 3);
    png_read_info(handle_, info_);
    if (header_.colour_type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(handle_);
    if (header_.colour_type == PNG_COLOR_TYPE_GRAY && header_.bit_depth < 8) {
      png_set_expand_gray_1_2_4_to_8(handle_);
    }
    if ((header_.colour_type & PNG_COLOR_MASK_COLOR) != 0) {
      png_set_rgb_to_gray(handle_, PNG_ERROR_ACTION_NONE, 0.299, 0.587);
    }
    png_set_strip_alpha(handle_);
    if (header_.bit_depth == 16 && std::endian::native == std::endian::little)
      png_set_swap(handle_);
    png_read_update_info(handle_, info_);
    // Oddities of ancillary chunks are tolerated so far; compressed pixels that do not add up are
    // not.
    png_set_benign_errors(handle_, 0);
    return true;
  }

  std::size_t row_bytes() const { return png_get_rowbytes(handle_, info_); }

  /// Fills `grey`; `row` is room for one row. Interlaced files are put together here and not by
  /// libpng, which would need the whole image in its stored channels.
  bool read_grey(unsigned char* grey, std::size_t stride, unsigned char* row) {
    if (setjmp(jump_) != 0) return false;
    const auto width = static_cast<png_uint_32>(header_.width);
    const auto height = static_cast<png_uint_32>(header_.height);
    const std::size_t size = header_.bit_depth == 16 ? 2 : 1;
    if (!header_.interlaced) {
      for (png_uint_32 y = 0; y < height; ++y) {
        png_read_row(handle_, row, nullptr);
        std::memcpy(grey + y * stride, row, width * size);
      }
    } else {
      for (int pass = 0; pass < PNG_INTERLACE_ADAM7_PASSES; ++pass) {
        if (PNG_PASS_COLS(width, pass) == 0) continue;
        for (png_uint_32 y = 0; y < PNG_PASS_ROWS(height, pass); ++y) {
          png_read_row(handle_, row, nullptr);
          unsigned char* line = grey + PNG_ROW_FROM_PASS_ROW(y, pass) * stride;
          for (png_uint_32 x = 0; x < PNG_PASS_COLS(width, pass); ++x) {
            std::memcpy(line + PNG_COL_FROM_PASS_COL(x, pass) * size, row + x * size, size);
          }
        }
      }
    }
    png_read_end(handle_, nullptr);
    return true;
  }

  std::string message() const { return std::string("corrupt PNG: ") + message_; }

 private:
  [[noreturn]] static void on_error(png_structp handle, png_const_charp message) {
    auto* self = static_cast<PngReader*>(png_get_error_ptr(handle));
    std::snprintf(self->message_, sizeof self->message_, "%s", message);
    std::longjmp(self->jump_, 1);
  }
  static void on_warning(png_structp, png_const_charp) {}
  static void on_read(png_structp handle, png_bytep to, std::size_t count) {
    auto* self = static_cast<PngReader*>(png_get_io_ptr(handle));
    if (count > self->bytes_.size() - self->position_)
      png_error(handle, "the data end before the image does");
    std::memcpy(to, self->bytes_.data() + self->position_, count);
    self->position_ += count;
  }

  std::string_view bytes_;
  PngHeader header_;
  std::size_t position_ = 0;
  png_structp handle_ = nullptr;
  png_infop info_ = nullptr;
  std::jmp_buf jump_;
  char message_[128] = "";
};

}  // namespace

ImageInfo probe_png(std::string_view bytes, const ImageLimits& limits) {
  const ImageInfo info = describe_png(parse_png_header(bytes));
  require_size_within(info, limits);
  return info;
}

DecodedImage decode_png(std::string_view bytes, const ImageLimits& limits) {
  const PngHeader header = parse_png_header(bytes);
  DecodedImage image;
  image.info = describe_png(header);
  require_size_within(image.info, limits);
  image.orientation = check_png_chunks(bytes, limits);
  PngReader reader(bytes, header, limits);
  if (!reader.read_header()) throw DataError(reader.message());
  const int depth = header.bit_depth == 16 ? CV_16UC1 : CV_8UC1;
  cv::Mat grey(static_cast<int>(header.height), static_cast<int>(header.width), depth);
  std::vector<unsigned char> row(reader.row_bytes());
  if (!reader.read_grey(grey.data, grey.step, row.data())) throw DataError(reader.message());
  image.grey = apply_orientation(grey, image.orientation);
  return image;
}

}  // namespace xrayclf
