#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "jpeg_errors.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/image/codec.hpp"

namespace xrayclf {
namespace {

/// Owns libjpeg's state for one file; see JpegReader on setjmp.
class JpegWriter {
 public:
  JpegWriter() {
    handle_.err = jpeg_std_error(&errors_.manager);
    errors_.manager.error_exit = jump_out;
    errors_.manager.output_message = print_nothing;
  }
  ~JpegWriter() {
    jpeg_destroy_compress(&handle_);
    std::free(bytes_);
  }
  JpegWriter(const JpegWriter&) = delete;
  JpegWriter& operator=(const JpegWriter&) = delete;

  bool write(const cv::Mat& grey, int quality) {
    if (setjmp(errors_.jump) != 0) return false;
    jpeg_create_compress(&handle_);
    jpeg_mem_dest(&handle_, &bytes_, &size_);
    handle_.image_width = static_cast<JDIMENSION>(grey.cols);
    handle_.image_height = static_cast<JDIMENSION>(grey.rows);
    handle_.input_components = 1;
    handle_.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&handle_);
    jpeg_set_quality(&handle_, quality, TRUE);
    jpeg_start_compress(&handle_, TRUE);
    for (int y = 0; y < grey.rows; ++y) {
      auto* row = const_cast<JSAMPROW>(grey.ptr(y));
      jpeg_write_scanlines(&handle_, &row, 1);
    }
    jpeg_finish_compress(&handle_);
    return true;
  }

  std::string bytes() const { return {reinterpret_cast<const char*>(bytes_), size_}; }
  const char* message() const { return errors_.message; }

 private:
  JpegErrors errors_{};
  jpeg_compress_struct handle_{};
  unsigned char* bytes_ = nullptr;
  unsigned long size_ = 0;
};

}  // namespace

std::string encode_jpeg(const cv::Mat& grey, std::int64_t quality) {
  if (grey.empty() || grey.type() != CV_8UC1 || quality < 1 || quality > 100) {
    throw std::logic_error("encode_jpeg takes 8-bit grey images and a quality of 1 to 100");
  }
  JpegWriter writer;
  if (!writer.write(grey, static_cast<int>(quality))) {
    throw ResourceError(std::string("cannot encode a JPEG: ") + writer.message());
  }
  return writer.bytes();
}

}  // namespace xrayclf
