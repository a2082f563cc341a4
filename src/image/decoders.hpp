#pragma once

#include <string_view>

#include "xrayclf/image/codec.hpp"

/// The decoders behind codec.hpp. `bytes` begin with the format's magic number; all throw
/// DataError.
namespace xrayclf {

ImageInfo probe_jpeg(std::string_view bytes, const ImageLimits& limits);
DecodedImage decode_jpeg(std::string_view bytes, const ImageLimits& limits);

ImageInfo probe_png(std::string_view bytes, const ImageLimits& limits);
DecodedImage decode_png(std::string_view bytes, const ImageLimits& limits);

ImageInfo probe_dicom(std::string_view bytes, const ImageLimits& limits);
DecodedImage decode_dicom(std::string_view bytes, const ImageLimits& limits);

/// Throws DataError if the declared size is beyond `limits`.
void require_size_within(const ImageInfo& info, const ImageLimits& limits);

}  // namespace xrayclf
