#include <png.h>

#include <bit>
#include <csetjmp>
#include <cstdio>
#include <stdexcept>
#include <string>

#include "xrayclf/core/error.hpp"
#include "xrayclf/image/codec.hpp"

namespace xrayclf {
namespace {

/// Owns libpng's state for one file; see PngReader on setjmp.
class PngWriter {
 public:
  PngWriter() {
    handle_ = png_create_write_struct(PNG_LIBPNG_VER_STRING, this, &PngWriter::on_error,
                                      &PngWriter::on_warning);
    info_ = handle_ == nullptr ? nullptr : png_create_info_struct(handle_);
    if (info_ == nullptr) {
      png_destroy_write_struct(&handle_, nullptr);
      throw ResourceError("out of memory while encoding an image");
    }
  }
  ~PngWriter() { png_destroy_write_struct(&handle_, &info_); }
  PngWriter(const PngWriter&) = delete;
  PngWriter& operator=(const PngWriter&) = delete;

  bool write(const cv::Mat& image) {
    if (setjmp(jump_) != 0) return false;
    const bool deep = image.depth() == CV_16U;
    png_set_write_fn(handle_, this, &PngWriter::on_write, nullptr);
    png_set_IHDR(handle_, info_, static_cast<png_uint_32>(image.cols),
                 static_cast<png_uint_32>(image.rows), deep ? 16 : 8,
                 image.channels() == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    // On films, one fixed filter at level 3 takes a quarter of the default's time for 3 % more
    // bytes.
    png_set_filter(handle_, PNG_FILTER_TYPE_BASE, PNG_FILTER_UP);
    png_set_compression_level(handle_, 3);
    png_write_info(handle_, info_);
    if (image.channels() == 3) png_set_bgr(handle_);
    if (deep && std::endian::native == std::endian::little) png_set_swap(handle_);
    for (int y = 0; y < image.rows; ++y) png_write_row(handle_, image.ptr(y));
    png_write_end(handle_, info_);
    return true;
  }

  std::string take() { return std::move(bytes_); }
  const char* message() const { return message_; }

 private:
  [[noreturn]] static void on_error(png_structp handle, png_const_charp message) {
    auto* self = static_cast<PngWriter*>(png_get_error_ptr(handle));
    std::snprintf(self->message_, sizeof self->message_, "%s", message);
    std::longjmp(self->jump_, 1);
  }
  static void on_warning(png_structp, png_const_charp) {}
  static void on_write(png_structp handle, png_bytep from, std::size_t count) {
    auto* self = static_cast<PngWriter*>(png_get_io_ptr(handle));
    bool full = false;
    try {
      self->bytes_.append(reinterpret_cast<const char*>(from), count);
    } catch (const std::exception&) {
      full = true;  // no exception may pass through libpng
    }
    if (full) png_error(handle, "out of memory");
  }

  std::string bytes_;
  png_structp handle_ = nullptr;
  png_infop info_ = nullptr;
  std::jmp_buf jump_;
  char message_[128] = "";
};

}  // namespace

std::string encode_png(const cv::Mat& image) {
  const int type = image.type();
  if (image.empty() || (type != CV_8UC1 && type != CV_16UC1 && type != CV_8UC3)) {
    throw std::logic_error("encode_png takes 8- or 16-bit grey or 8-bit BGR images");
  }
  PngWriter writer;
  if (!writer.write(image)) {
    throw ResourceError(std::string("cannot encode a PNG: ") + writer.message());
  }
  return writer.take();
}

}  // namespace xrayclf
