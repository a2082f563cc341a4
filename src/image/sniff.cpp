#include "sniff.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

using namespace std::string_view_literals;

struct Magic {
  std::size_t offset;
  std::string_view bytes;
  std::string_view name;
};

constexpr Magic kOthers[] = {
    {0, "GIF87a"sv, "a GIF file"},
    {0, "GIF89a"sv, "a GIF file"},
    {0, "BM"sv, "a BMP file"},
    {0, "II*\0"sv, "a TIFF file"},
    {0, "MM\0*"sv, "a TIFF file"},
    {0, "II+\0"sv, "a BigTIFF file"},
    {0, "MM\0+"sv, "a BigTIFF file"},
    {8, "WEBP"sv, "a WebP file"},
    {4, "ftypavif"sv, "an AVIF file"},
    {4, "ftypavis"sv, "an AVIF file"},
    {4, "ftyphe"sv, "a HEIC file"},
    {4, "ftypmif1"sv, "a HEIC or AVIF file"},
    {4, "ftypmsf1"sv, "a HEIC or AVIF file"},
    {4, "ftyp"sv, "an MP4 or QuickTime file"},
    {0, "\0\0\0\x0cjP  "sv, "a JPEG 2000 file"},
    {0, "\xff\x4f\xff\x51"sv, "a JPEG 2000 codestream"},
    {0, "\0\0\0\x0cJXL "sv, "a JPEG XL file"},
    {0, "\xff\x0a"sv, "a JPEG XL codestream"},
    {0, "\x8aMNG"sv, "an MNG file"},
    {0, "\x8bJNG"sv, "a JNG file"},
    {0, "8BPS"sv, "a Photoshop file"},
    {0, "v/1\x01"sv, "an OpenEXR file"},
    {0, "qoif"sv, "a QOI file"},
    {0, "\0\0\1\0"sv, "an icon file"},
    {0, "%PDF"sv, "a PDF file"},
    {0, "%!PS"sv, "a PostScript file"},
    {0, "PK\3\4"sv, "a ZIP archive"},
    {0, "PK\5\6"sv, "a ZIP archive"},
    {0, "\x1f\x8b"sv, "a gzip file"},
    {0, "BZh"sv, "a bzip2 file"},
    {0,
     "\xfd"
     "7zXZ\0"sv,
     "an xz file"},
    {0, "7z\xbc\xaf\x27\x1c"sv, "a 7-Zip archive"},
    {0, "Rar!"sv, "a RAR archive"},
    {257, "ustar"sv, "a tar archive"},
    {0, "\x89HDF"sv, "an HDF5 file"},
    {0, "\x93NUMPY"sv, "a NumPy array"},
    {0, "NRRD"sv, "an NRRD file"},
    {344, "n+1\0"sv, "a NIfTI file"},
    {0,
     "\x7f"
     "ELF"sv,
     "a program"},
    {0, "MZ"sv, "a program"},
};

bool holds_at(std::string_view bytes, std::size_t offset, std::string_view what) {
  return bytes.size() >= offset + what.size() && bytes.substr(offset, what.size()) == what;
}

std::string lower_start(std::string_view bytes, std::size_t count) {
  std::string text(bytes.substr(0, count));
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

/// For files without a magic number.
std::string_view name_by_text(std::string_view bytes) {
  const std::string start = lower_start(bytes, 1024);
  if (start.find("<svg") != std::string::npos) return "an SVG file";
  if (start.find("<html") != std::string::npos ||
      start.find("<!doctype html") != std::string::npos) {
    return "an HTML page";
  }
  if (start.size() > 2 && start[0] == 'p' && start[1] >= '1' && start[1] <= '7' &&
      (start[2] == '\n' || start[2] == ' ')) {
    return "a PNM file";
  }
  const bool is_text = is_utf8(bytes.substr(0, std::min<std::size_t>(bytes.size(), 256))) &&
                       std::none_of(start.begin(), start.end(),
                                    [](char c) { return static_cast<unsigned char>(c) < 9; });
  return is_text ? "a text file" : "";
}

/// An element of group 0008 or file meta information at the start, in little endian.
bool starts_as_data_set(std::string_view bytes) {
  return bytes.size() > 8 && (bytes[0] == '\x02' || bytes[0] == '\x08') && bytes[1] == 0 &&
         bytes[3] == 0;
}

}  // namespace

ImageFormat sniff_format(std::string_view bytes) {
  if (bytes.empty()) throw DataError("the file is empty");
  if (holds_at(bytes, 0, "\xff\xd8\xff"sv)) return ImageFormat::jpeg;
  if (holds_at(bytes, 0, "\x89PNG\r\n\x1a\n"sv)) return ImageFormat::png;
  // Before all others: the 128 bytes before the mark are free, and may look like something else.
  if (holds_at(bytes, 128, "DICM"sv)) return ImageFormat::dicom;
  if (holds_at(bytes, 1, "PNG"sv) && (bytes[0] == '\x89' || bytes[0] == '\t')) {
    throw DataError("a PNG file damaged by a transfer in text mode; copy it again in binary mode");
  }
  std::string_view name;
  for (const Magic& magic : kOthers) {
    if (holds_at(bytes, magic.offset, magic.bytes)) {
      name = magic.name;
      break;
    }
  }
  if (name.empty()) name = name_by_text(bytes);
  if (starts_as_data_set(bytes)) {
    throw DataError(
        "a DICOM data set without the file header (DICM); write it as a DICOM file first, for "
        "example with dcmconv");
  }
  if (name.empty()) throw DataError("neither a JPEG, nor a PNG, nor a DICOM image");
  throw DataError(std::string(name) + ", not a JPEG, PNG or DICOM image; convert it first");
}

}  // namespace xrayclf
