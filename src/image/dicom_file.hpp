#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "xrayclf/image/codec.hpp"

namespace xrayclf {

/// Throws DataError "damaged DICOM: WHAT".
[[noreturn]] void damaged_dicom(const std::string& what);

/// How a transfer syntax stores pixels.
enum class DicomCoding { native, rle, jpeg, jpeg_ls, jpeg_2000 };

struct DicomSyntax {
  std::string_view uid;
  std::string_view name;
  DicomCoding coding = DicomCoding::native;
  bool explicit_vr = true;
  bool big_endian = false;
  bool deflated = false;
  int jpeg_process = 0;  ///< JPEG's SOF marker less 0xC0: 0, 1 (12 bit too), 3; JPEG-LS 55
};

/// A Part 10 file taken apart, every length in it checked: what its data set is written in, the
/// elements of an allow-list, and where the pixels lie. Nothing is copied but those elements.
struct DicomFile {
  DicomSyntax syntax;
  /// Encoded elements of the allow-list, in order, for DCMTK.
  std::string elements;
  bool has_overlay = false;
  bool has_pixels = false;
  bool has_float_pixels = false;
  bool pixels_are_words = false;            ///< VR OW, whose words a big-endian file swaps
  std::string_view pixel_element;           ///< the whole element, header included
  std::string_view pixels;                  ///< its value, where native
  std::vector<std::string_view> fragments;  ///< its fragments without the offset table, otherwise
  std::shared_ptr<const std::string> inflated;  ///< owns what the views show, where deflated
};

/// Takes the file apart up to its pixels; what follows them is ignored. Throws DataError: a program
/// in the preamble, no transfer syntax or one that is not read, a length beyond its surroundings,
/// sequences nested deeper than 8, more than 20000 elements, or more deflated data than `limits`
/// allow a file.
DicomFile open_dicom(std::string_view bytes, const ImageLimits& limits);

}  // namespace xrayclf
