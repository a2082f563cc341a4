#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <opencv2/core.hpp>

#include "xrayclf/core/error.hpp"
#include "xrayclf/image/codec.hpp"

/// Any bytes behind the DICOM mark either decode to what their attributes declared or are a
/// DataError.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace xrayclf;
  std::string bytes(reinterpret_cast<const char*>(data), size);
  if (size < 132) return 0;
  bytes.replace(128, 4, "DICM");
  // Small images, so that time goes into parsers and not into pixels.
  ImageLimits limits;
  limits.file_bytes = 1 << 20;
  limits.pixels = 1 << 14;
  limits.side = 1024;
  limits.smallest_side = 1;
  limits.dicom = {true, true};
  try {
    const DecodedImage image = decode_image(bytes, limits);
    const ImageInfo info = probe_image(bytes, limits);
    const bool same = info.width == image.grey.cols && info.height == image.grey.rows;
    if (!same || info.dicom == nullptr) std::abort();
    dicom_patient_id(bytes);
  } catch (const DataError&) {
  }
  return 0;
}
