#include "xrayclf/model/grey_png.hpp"

#include <png.h>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

constexpr png_uint_32 kMaxSide = 4096;

/// libpng's simplified interface reports by return value and frees itself.
struct PngImage : png_image {
  PngImage() : png_image{} { version = PNG_IMAGE_VERSION; }
  ~PngImage() { png_image_free(this); }
  PngImage(const PngImage&) = delete;
  PngImage& operator=(const PngImage&) = delete;
};

}  // namespace

std::string encode_grey_png(const cv::Mat& image) {
  CV_Assert(image.type() == CV_8UC1 && !image.empty());
  PngImage png;
  png.width = static_cast<png_uint_32>(image.cols);
  png.height = static_cast<png_uint_32>(image.rows);
  png.format = PNG_FORMAT_GRAY;
  std::string bytes(PNG_IMAGE_PNG_SIZE_MAX(png), '\0');
  png_alloc_size_t size = bytes.size();
  if (png_image_write_to_memory(&png, bytes.data(), &size, 0, image.data,
                                static_cast<png_int_32>(image.step), nullptr) == 0) {
    throw IoError(std::string("cannot encode a PNG: ") + png.message);
  }
  bytes.resize(size);
  return bytes;
}

cv::Mat decode_grey_png(std::string_view bytes, const std::string& name) {
  PngImage png;
  const auto check = [&](int ok) {
    if (ok == 0) throw ModelError(name + ": " + printable(png.message));
  };
  check(png_image_begin_read_from_memory(&png, bytes.data(), bytes.size()));
  if (png.format != PNG_FORMAT_GRAY) throw ModelError(name + ": not an 8-bit grey PNG");
  if (png.width > kMaxSide || png.height > kMaxSide)
    throw ModelError(name + ": larger than 4096 x 4096");
  cv::Mat image(static_cast<int>(png.height), static_cast<int>(png.width), CV_8UC1);
  check(png_image_finish_read(&png, nullptr, image.data, static_cast<png_int_32>(image.step),
                              nullptr));
  return image;
}

}  // namespace xrayclf
