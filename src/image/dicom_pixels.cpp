#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcelem.h>

#include <algorithm>
#include <cstring>

#include <opencv2/core.hpp>

#include "dicom_parts.hpp"
#include "jpeg_2000.hpp"
#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {

std::size_t sample_bytes(const DicomInfo& dicom) { return dicom.bits_allocated == 16 ? 2 : 1; }

std::size_t pixel_bytes(const DicomInfo& dicom, const ImageInfo& size) {
  return static_cast<std::size_t>(size.width * size.height * size.channels) * sample_bytes(dicom);
}

std::string joined(const std::vector<std::string_view>& fragments) {
  std::string out;
  for (const std::string_view fragment : fragments) out += fragment;
  return out;
}

void require_declared(std::uint64_t width, std::uint64_t height, std::uint64_t channels,
                      const ImageInfo& size) {
  if (width != static_cast<std::uint64_t>(size.width) ||
      height != static_cast<std::uint64_t>(size.height) ||
      channels != static_cast<std::uint64_t>(size.channels)) {
    damaged_dicom("its compressed data are of " + std::to_string(width) + " x " +
                  std::to_string(height) + " pixels and " + std::to_string(channels) +
                  " channels, its attributes say " + std::to_string(size.width) + " x " +
                  std::to_string(size.height) + " and " + std::to_string(size.channels));
  }
}

/// Walks the markers of a JPEG or JPEG-LS stream up to the last scan: the frame must be what the
/// attributes and the transfer syntax say, and there must be few scans, each a pass over the image.
void check_jpeg(std::string_view bytes, const DicomSyntax& syntax, const DicomInfo& dicom,
                const ImageInfo& size) {
  const auto at = [&](std::size_t i) -> unsigned {
    return i < bytes.size() ? static_cast<std::uint8_t>(bytes[i]) : 0;
  };
  if (at(0) != 0xFF || at(1) != 0xD8) damaged_dicom("its pixels are no JPEG stream");
  bool framed = false;
  std::int64_t scans = 0;
  std::size_t position = 2;
  while (position + 4 <= bytes.size()) {
    if (at(position) != 0xFF) {
      // Within a scan, or behind stray bytes.
      const void* next = std::memchr(bytes.data() + position, 0xFF, bytes.size() - position);
      if (next == nullptr) break;
      position = static_cast<std::size_t>(static_cast<const char*>(next) - bytes.data());
      continue;
    }
    const unsigned marker = at(position + 1);
    if (marker == 0xFF) {
      ++position;
      continue;
    }
    const bool alone = marker < 0xC0 || (marker >= 0xD0 && marker <= 0xD8);
    if (alone) {
      position += 2;
      continue;
    }
    if (marker == 0xD9) break;
    const std::size_t length = at(position + 2) << 8 | at(position + 3);
    const bool is_frame =
        (marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC) ||
        marker == 0xF7;
    if (is_frame) {
      if (framed) damaged_dicom("its JPEG stream has two frames");
      framed = true;
      const int process = static_cast<int>(marker) - 0xC0;
      const bool fits =
          process == syntax.jpeg_process || (process <= 1 && syntax.jpeg_process <= 1);
      if (!fits) damaged_dicom("its JPEG stream is of another kind than its transfer syntax");
      const unsigned precision = at(position + 4);
      if (precision < 2 || precision > static_cast<unsigned>(dicom.bits_allocated)) {
        damaged_dicom("its JPEG stream has samples of " + std::to_string(precision) + " bits");
      }
      require_declared(at(position + 7) << 8 | at(position + 8),
                       at(position + 5) << 8 | at(position + 6), at(position + 9), size);
    }
    if (marker == 0xDA && ++scans > 4) damaged_dicom("its JPEG stream has more than 4 scans");
    position += 2 + length;
  }
  if (!framed || scans == 0) damaged_dicom("its JPEG stream has no image");
}

/// PackBits of byte planes, the high one first (PS3.5 annex G). DCMTK's decoder of 3.6.7 can read
/// beyond a segment.
std::string decode_rle(std::string_view bytes, std::size_t planes, std::size_t plane_bytes) {
  const auto word = [&](std::size_t i) {
    std::size_t value = 0;
    for (std::size_t b = 0; b < 4; ++b) {
      value |= std::size_t{static_cast<std::uint8_t>(bytes[4 * i + b])} << 8 * b;
    }
    return value;
  };
  if (bytes.size() < 64 || word(0) != planes) damaged_dicom("its RLE header is broken");
  std::string out;
  out.reserve(planes * plane_bytes);
  for (std::size_t p = 0; p < planes; ++p) {
    std::size_t at = word(p + 1);
    const std::size_t end = p + 1 < planes ? word(p + 2) : bytes.size();
    if (at < 64 || end < at || end > bytes.size()) damaged_dicom("its RLE segments are broken");
    const std::size_t full = out.size() + plane_bytes;
    while (out.size() < full) {
      if (at >= end) damaged_dicom("its RLE data end early");
      const auto control = static_cast<std::int8_t>(bytes[at++]);
      if (control == -128) continue;
      const std::size_t count = static_cast<std::size_t>(control >= 0 ? control + 1 : 1 - control);
      const std::size_t room = std::min(count, full - out.size());
      if (control >= 0) {
        if (count > end - at) damaged_dicom("its RLE data end early");
        out.append(bytes.substr(at, room));
        at += count;
      } else {
        if (at >= end) damaged_dicom("its RLE data end early");
        out.append(room, bytes[at++]);
      }
    }
  }
  return out;
}

/// Raw samples, interleaved as they lie, of 1 or 2 bytes.
struct Samples {
  std::vector<std::uint16_t> values;
  bool planes_apart = false;
  int precision = 0;  ///< bits that carry the value, from the lowest; 0: as the attributes say
  bool is_rgb = false;
};

Samples native_samples(const DicomFile& file, const DicomInfo& dicom, const ImageInfo& size) {
  const std::size_t count = static_cast<std::size_t>(size.width * size.height * size.channels);
  Samples out;
  out.values.resize(count);
  out.planes_apart = dicom.planes_apart;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(file.pixels.data());
  const bool swapped = file.syntax.big_endian && file.pixels_are_words;
  if (dicom.bits_allocated == 8) {
    // Two samples lie in a word, which big endian turns round.
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t at = swapped ? i ^ 1 : i;
      out.values[i] = at < file.pixels.size() ? bytes[at] : 0;
    }
  } else {
    const std::size_t low = file.syntax.big_endian ? 1 : 0;
    for (std::size_t i = 0; i < count; ++i) {
      out.values[i] = static_cast<std::uint16_t>(bytes[2 * i + low] | bytes[2 * i + 1 - low] << 8);
    }
  }
  return out;
}

Samples rle_samples(const DicomFile& file, const DicomInfo& dicom, const ImageInfo& size) {
  const auto plane = static_cast<std::size_t>(size.width * size.height);
  const std::size_t bytes_each = sample_bytes(dicom);
  const auto channels = static_cast<std::size_t>(size.channels);
  const std::string planes = decode_rle(joined(file.fragments), channels * bytes_each, plane);
  Samples out;
  out.values.resize(plane * channels);
  out.planes_apart = true;
  for (std::size_t c = 0; c < channels; ++c) {
    for (std::size_t b = 0; b < bytes_each; ++b) {
      const auto* from =
          reinterpret_cast<const std::uint8_t*>(planes.data()) + (c * bytes_each + b) * plane;
      std::uint16_t* to = out.values.data() + c * plane;
      for (std::size_t i = 0; i < plane; ++i) {
        to[i] = static_cast<std::uint16_t>(to[i] << 8 | from[i]);
      }
    }
  }
  return out;
}

Samples jpeg_2000_samples(const DicomFile& file, const DicomInfo& dicom) {
  const std::string bytes = joined(file.fragments);
  const std::string_view codestream = find_codestream(bytes);
  const Jpeg2000Header header = jpeg_2000_header(codestream);
  // YBR_RCT and YBR_ICT are turned into RGB by the codec; YBR_FULL is not known to it.
  const bool is_rgb = dicom.photometric.rfind("YBR_FULL", 0) != 0;
  return {decode_jpeg_2000(codestream, header), true, header.precision, is_rgb};
}

Samples dcmtk_samples(const DicomFile& file, const ImageInfo& size) {
  const auto data = parse_elements(file, true);
  dcmtk_warned();
  DcmElement* element = nullptr;
  if (data->chooseRepresentation(EXS_LittleEndianExplicit, nullptr).bad() || dcmtk_warned() ||
      data->findAndGetElement(DCM_PixelData, element).bad()) {
    damaged_dicom("its compressed pixels are cut off or corrupt");
  }
  Uint16 allocated = 0;
  Uint16 planar = 0;
  OFString photometric;
  data->findAndGetUint16(DCM_BitsAllocated, allocated);
  data->findAndGetUint16(DCM_PlanarConfiguration, planar);
  data->findAndGetOFString(DCM_PhotometricInterpretation, photometric);
  const auto count = static_cast<std::size_t>(size.width * size.height * size.channels);
  Samples out;
  out.planes_apart = planar == 1;
  out.is_rgb = photometric == "RGB";
  Uint8* bytes = nullptr;
  Uint16* words = nullptr;
  if (allocated == 16 && element->getUint16Array(words).good() && words != nullptr &&
      element->getLength() / 2 >= count) {
    out.values.assign(words, words + count);
  } else if (allocated == 8 && element->getUint8Array(bytes).good() && bytes != nullptr &&
             element->getLength() >= count) {
    out.values.assign(bytes, bytes + count);
  } else {
    damaged_dicom("its compressed pixels are fewer than its attributes say");
  }
  return out;
}

cv::Mat grey_matrix(const Samples& samples, const DicomInfo& dicom, const ImageInfo& size) {
  cv::Mat out(static_cast<int>(size.height), static_cast<int>(size.width), CV_32SC1);
  // The value is `bits` bits under High Bit; what lies beside them is no part of it.
  const bool own = samples.precision > 0;
  const int bits = own ? samples.precision : static_cast<int>(dicom.bits_stored);
  const int shift = own ? 0 : static_cast<int>(dicom.high_bit + 1 - dicom.bits_stored);
  const std::int32_t top = std::int32_t{1} << bits;
  auto* to = out.ptr<std::int32_t>();
  for (std::size_t i = 0; i < samples.values.size(); ++i) {
    std::int32_t value = (samples.values[i] >> shift) & (top - 1);
    if (dicom.is_signed && value >= top / 2) value -= top;
    to[i] = value;
  }
  return out;
}

cv::Mat colour_matrix(const Samples& samples, const DicomInfo& dicom, const ImageInfo& size) {
  cv::Mat out(static_cast<int>(size.height), static_cast<int>(size.width), CV_8UC3);
  const std::size_t plane = out.total();
  const bool luma_apart = !samples.is_rgb && dicom.photometric.rfind("YBR_", 0) == 0;
  auto* to = out.ptr<cv::Vec3b>();
  for (std::size_t i = 0; i < plane; ++i) {
    for (std::size_t c = 0; c < 3; ++c) {
      const std::size_t at = samples.planes_apart ? c * plane + i : 3 * i + c;
      to[i][static_cast<int>(c)] = static_cast<std::uint8_t>(samples.values[at]);
    }
    // The luma is the grey value that is wanted; R = G = B gives it.
    if (luma_apart) to[i] = cv::Vec3b(to[i][0], to[i][0], to[i][0]);
  }
  return out;
}

}  // namespace

void check_pixels(const DicomFile& file, const DicomInfo& dicom, const ImageInfo& size) {
  switch (file.syntax.coding) {
    case DicomCoding::native:
      if (dicom.photometric == "YBR_FULL_422") {
        throw DataError(
            "a DICOM image in YBR_FULL_422 without compression; convert it to grey first");
      }
      if (file.pixels.size() < pixel_bytes(dicom, size)) {
        damaged_dicom("its pixels take " + std::to_string(pixel_bytes(dicom, size)) +
                      " bytes, there are " + std::to_string(file.pixels.size()) +
                      "; the file is cut off or its attributes wrong");
      }
      break;
    case DicomCoding::rle:
      break;
    case DicomCoding::jpeg:
    case DicomCoding::jpeg_ls:
      check_jpeg(joined(file.fragments), file.syntax, dicom, size);
      break;
    case DicomCoding::jpeg_2000: {
      const std::string bytes = joined(file.fragments);
      const Jpeg2000Header header = jpeg_2000_header(find_codestream(bytes));
      require_declared(header.width, header.height, header.channels, size);
      if (header.precision > dicom.bits_allocated) {
        damaged_dicom("its JPEG 2000 data have more bits than Bits Allocated");
      }
      break;
    }
  }
}

cv::Mat stored_values(const DicomFile& file, const DicomInfo& dicom, const ImageInfo& size) {
  Samples samples;
  switch (file.syntax.coding) {
    case DicomCoding::native:
      samples = native_samples(file, dicom, size);
      break;
    case DicomCoding::rle:
      samples = rle_samples(file, dicom, size);
      break;
    case DicomCoding::jpeg:
    case DicomCoding::jpeg_ls:
      samples = dcmtk_samples(file, size);
      break;
    case DicomCoding::jpeg_2000:
      samples = jpeg_2000_samples(file, dicom);
      break;
  }
  return size.channels == 3 ? colour_matrix(samples, dicom, size)
                            : grey_matrix(samples, dicom, size);
}

}  // namespace xrayclf
