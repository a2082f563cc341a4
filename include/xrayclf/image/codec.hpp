#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <opencv2/core/mat.hpp>

#include "xrayclf/core/fields.hpp"
#include "xrayclf/image/dicom.hpp"

/// Image files to grey pixels and back, straight through libjpeg-turbo, libpng and (dicom.hpp)
/// DCMTK: cv::imread hides truncation, flattens 16 bit and lets the libraries print. What a file
/// is, its header decides, never its name. Nothing here writes to stderr, and anything wrong with a
/// file is a DataError with the reason.
namespace xrayclf {

enum class ImageFormat { jpeg, png, dicom };

template <>
struct EnumNames<ImageFormat> {
  static constexpr std::array<std::pair<ImageFormat, std::string_view>, 3> value{
      {{ImageFormat::jpeg, "jpeg"}, {ImageFormat::png, "png"}, {ImageFormat::dicom, "dicom"}}};
};

/// What a file's header declares.
struct ImageInfo {
  ImageFormat format = ImageFormat::png;
  std::int64_t width = 0;  ///< pixels as stored, before any EXIF rotation
  std::int64_t height = 0;
  std::int64_t channels = 0;   ///< as stored, alpha included; 1 for a palette
  std::int64_t bit_depth = 0;  ///< of a stored sample or palette index; DICOM: Bits Stored
  std::string description;     ///< for people: "16-bit grey PNG, interlaced"
  std::shared_ptr<const DicomInfo> dicom;  ///< of a DICOM film, otherwise null
};

/// Grey pixels: CV_8UC1, or CV_16UC1 for a source of 16 bits a sample and for DICOM but for films
/// of 8 bits or fewer that no table, rescaling or window changes.
struct DecodedImage {
  cv::Mat grey;
  ImageInfo info;
  /// The EXIF orientation tag, 1 to 8 (1 where there is none); `grey` is already turned upright by
  /// it.
  std::int64_t orientation = 1;
};

/// Limits that are checked on the header before any pixel is allocated.
struct ImageLimits {
  std::int64_t file_bytes = std::int64_t{64} << 20;
  std::int64_t pixels = std::int64_t{64} << 20;  ///< 8192 x 8192
  std::int64_t side = 16384;
  std::int64_t smallest_side = 8;
  std::int64_t jpeg_scans = 100;  ///< progressive files in the wild have about 10
  std::int64_t jpeg_memory = std::int64_t{512}
                             << 20;  ///< bytes libjpeg may hold, as coefficients of all scans
  std::int64_t png_chunks = 1000;    ///< ancillary chunks
  std::int64_t png_chunk_bytes = std::int64_t{8} << 20;  ///< of these together, unpacked
  DicomConfig dicom;                                     ///< which DICOM films are let in
};

/// Reads the header only. Throws DataError with the reason (no path): another format (named),
/// broken header, beyond `limits`.
ImageInfo probe_image(std::string_view bytes, const ImageLimits& limits = {});

/// Decodes to grey as cv2.imread(..., IMREAD_GRAYSCALE) of OpenCV 4.8 does, but for 16 bit, which
/// is kept:
///   JPEG  the luma of YCbCr; RGB by 0.299 R + 0.587 G + 0.114 B; CMYK and YCCK are refused
///   PNG   1, 2 and 4 bit are spread to 0...255; a palette is RGB; RGB becomes grey by the weights
///   above in
///         libpng's 15-bit fixed point (in linear light where the file has a gAMA chunk); alpha and
///         tRNS are dropped; sBIT changes nothing
///   DICOM Modality LUT or rescale; the first VOI LUT, else the first window, else the full range
///         that Bits Stored and rescale allow; inversion for MONOCHROME1 and Presentation LUT Shape
///         INVERSE; spread over 0...65535. RGB and YBR become grey by the weights above
///   EXIF  orientation 1 to 8 is applied, of JPEG and of PNG
/// Throws DataError with the reason (no path): as probe_image, and for anything truncated or
/// corrupt, which includes what libjpeg only warns of and a PNG chunk with a wrong checksum. Bytes
/// after the end of the image are ignored, as all viewers do.
DecodedImage decode_image(std::string_view bytes, const ImageLimits& limits = {});

/// A file as it is, and what to call it in all that is shown or written: its path or, because the
/// names of DICOM files name patients, dicom_public_name().
struct ImageFile {
  std::string bytes;
  std::string name;
};

/// Throws DataError "NAME: reason" for a file beyond the limit, IoError if it cannot be read; of a
/// file with a DICOM extension the message does not say the path.
ImageFile read_image_file(const std::filesystem::path& path, const ImageLimits& limits = {});

/// As decode_image; the DataError reads "NAME: reason".
DecodedImage decode_image_file(const ImageFile& file, const ImageLimits& limits = {});

/// Reads and decodes a file. Throws DataError "NAME: reason", IoError if it cannot be read.
DecodedImage read_image(const std::filesystem::path& path, const ImageLimits& limits = {});

/// A PNG of CV_8UC1, CV_16UC1 or CV_8UC3 (BGR) pixels; the same pixels always give the same bytes
/// (of one zlib).
std::string encode_png(const cv::Mat& image);

/// A baseline JPEG of CV_8UC1 pixels; `quality` 1 to 100 as of the IJG.
std::string encode_jpeg(const cv::Mat& grey, std::int64_t quality);

}  // namespace xrayclf
