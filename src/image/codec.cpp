#include "xrayclf/image/codec.hpp"

#include <system_error>

#include <opencv2/core.hpp>

#include "decoders.hpp"
#include "sniff.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

std::string mebibytes(std::uintmax_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

void require_file_within(std::uintmax_t bytes, const ImageLimits& limits) {
  if (bytes > static_cast<std::uintmax_t>(limits.file_bytes)) {
    throw DataError("the file has " + std::to_string(bytes) + " bytes, more than the limit of " +
                    mebibytes(static_cast<std::uintmax_t>(limits.file_bytes)));
  }
}

}  // namespace

void require_size_within(const ImageInfo& info, const ImageLimits& limits) {
  const std::string size = std::to_string(info.width) + " x " + std::to_string(info.height);
  if (info.width > limits.side || info.height > limits.side) {
    throw DataError("declares " + size + " pixels, more than the limit of " +
                    std::to_string(limits.side) + " a side");
  }
  if (info.width * info.height > limits.pixels) {
    throw DataError("declares " + size + " pixels, more than the limit of " +
                    std::to_string(limits.pixels) + " in all");
  }
  if (info.width < limits.smallest_side || info.height < limits.smallest_side) {
    throw DataError("has " + size + " pixels, fewer than the least of " +
                    std::to_string(limits.smallest_side) + " a side");
  }
}

ImageInfo probe_image(std::string_view bytes, const ImageLimits& limits) {
  require_file_within(bytes.size(), limits);
  switch (sniff_format(bytes)) {
    case ImageFormat::jpeg:
      return probe_jpeg(bytes, limits);
    case ImageFormat::png:
      return probe_png(bytes, limits);
    default:
      return probe_dicom(bytes, limits);
  }
}

DecodedImage decode_image(std::string_view bytes, const ImageLimits& limits) {
  require_file_within(bytes.size(), limits);
  try {
    switch (sniff_format(bytes)) {
      case ImageFormat::jpeg:
        return decode_jpeg(bytes, limits);
      case ImageFormat::png:
        return decode_png(bytes, limits);
      default:
        return decode_dicom(bytes, limits);
    }
  } catch (const cv::Exception&) {
    throw ResourceError("out of memory while decoding an image");
  }
}

ImageFile read_image_file(const std::filesystem::path& path, const ImageLimits& limits) {
  const std::string own = path.string();
  const bool nameless = may_be_dicom(own, "");
  try {
    std::error_code failure;
    const std::uintmax_t size = std::filesystem::file_size(path, failure);
    if (!failure) require_file_within(size, limits);
    ImageFile file{read_file(path, static_cast<std::uintmax_t>(limits.file_bytes)), own};
    if (may_be_dicom(own, file.bytes)) file.name = dicom_public_name(file.bytes);
    return file;
  } catch (const DataError& e) {
    throw DataError((nameless ? "a DICOM file" : printable(own)) + ": " + e.what());
  } catch (const IoError&) {
    if (!nameless) throw;
    std::error_code failure;
    const bool there = std::filesystem::exists(path, failure);
    throw IoError(there ? "a DICOM file cannot be read" : "a DICOM file is not there");
  }
}

DecodedImage decode_image_file(const ImageFile& file, const ImageLimits& limits) {
  try {
    return decode_image(file.bytes, limits);
  } catch (const DataError& e) {
    throw DataError(printable(file.name) + ": " + e.what());
  }
}

DecodedImage read_image(const std::filesystem::path& path, const ImageLimits& limits) {
  return decode_image_file(read_image_file(path, limits), limits);
}

}  // namespace xrayclf
