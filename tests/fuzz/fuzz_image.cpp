#include <cstdlib>

#include <opencv2/core.hpp>

#include "xrayclf/core/error.hpp"
#include "xrayclf/image/codec.hpp"

/// Any bytes either decode to what their header declared or are a DataError.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace xrayclf;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  // Small images, so that time goes into parsers and not into pixels.
  ImageLimits limits;
  limits.pixels = 1 << 16;
  limits.side = 4096;
  limits.smallest_side = 1;
  limits.png_chunk_bytes = 1 << 16;
  try {
    const DecodedImage image = decode_image(bytes, limits);
    const ImageInfo info = probe_image(bytes, limits);
    const bool same = info.width == image.info.width && info.height == image.info.height;
    const bool whole = static_cast<std::int64_t>(image.grey.total()) == info.width * info.height;
    if (!same || !whole) std::abort();
  } catch (const DataError&) {
  }
  return 0;
}
