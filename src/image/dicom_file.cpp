#include "dicom_file.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "dicom_parts.hpp"
#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {

using namespace std::string_view_literals;

constexpr int kDeepestNesting = 8;
constexpr std::int64_t kMostElements = 20000;
constexpr std::uint32_t kUndefined = 0xFFFFFFFF;
constexpr std::uint32_t kItem = 0xFFFEE000;
constexpr std::uint32_t kItemEnd = 0xFFFEE00D;
constexpr std::uint32_t kSequenceEnd = 0xFFFEE0DD;
constexpr std::uint32_t kPixelData = 0x7FE00010;

using enum DicomCoding;
constexpr DicomSyntax kSyntaxes[] = {
    {"1.2.840.10008.1.2"sv, "implicit little endian"sv, native, false},
    {"1.2.840.10008.1.2.1"sv, "explicit little endian"sv},
    {"1.2.840.10008.1.2.1.99"sv, "deflated explicit little endian"sv, native, true, false, true},
    {"1.2.840.10008.1.2.2"sv, "explicit big endian"sv, native, true, true},
    {"1.2.840.10008.1.2.5"sv, "RLE"sv, rle},
    {"1.2.840.10008.1.2.4.50"sv, "JPEG baseline"sv, jpeg, true, false, false, 0},
    {"1.2.840.10008.1.2.4.51"sv, "JPEG extended"sv, jpeg, true, false, false, 1},
    {"1.2.840.10008.1.2.4.57"sv, "JPEG lossless"sv, jpeg, true, false, false, 3},
    {"1.2.840.10008.1.2.4.70"sv, "JPEG lossless (first order)"sv, jpeg, true, false, false, 3},
    {"1.2.840.10008.1.2.4.80"sv, "JPEG-LS (lossless)"sv, jpeg_ls, true, false, false, 55},
    {"1.2.840.10008.1.2.4.81"sv, "JPEG-LS (near-lossless)"sv, jpeg_ls, true, false, false, 55},
    {"1.2.840.10008.1.2.4.90"sv, "JPEG 2000 (lossless)"sv, jpeg_2000},
    {"1.2.840.10008.1.2.4.91"sv, "JPEG 2000"sv, jpeg_2000},
};

/// The only elements that a parser gets to see. Of a patient, PatientID for its pseudonym, sex and
/// age.
constexpr std::uint32_t kWanted[] = {
    0x00080016,  // SOP Class UID
    0x00080060,  // Modality
    0x00100020,  // Patient ID
    0x00100021,  // Issuer of Patient ID
    0x00100040,  // Patient's Sex
    0x00101010,  // Patient's Age
    0x00181164,  // Imager Pixel Spacing
    0x00185101,  // View Position
    0x00280002,  // Samples per Pixel
    0x00280004,  // Photometric Interpretation
    0x00280006,  // Planar Configuration
    0x00280008,  // Number of Frames
    0x00280010,  // Rows
    0x00280011,  // Columns
    0x00280030,  // Pixel Spacing
    0x00280100,  // Bits Allocated
    0x00280101,  // Bits Stored
    0x00280102,  // High Bit
    0x00280103,  // Pixel Representation
    0x00280301,  // Burned In Annotation
    0x00281050,  // Window Center
    0x00281051,  // Window Width
    0x00281052,  // Rescale Intercept
    0x00281053,  // Rescale Slope
    0x00281056,  // VOI LUT Function
    0x00283000,  // Modality LUT Sequence
    0x00283010,  // VOI LUT Sequence
    0x20500020,  // Presentation LUT Shape
};

bool is_wanted(std::uint32_t tag) {
  return std::binary_search(std::begin(kWanted), std::end(kWanted), tag);
}

/// The header of one element.
struct Element {
  std::uint32_t tag = 0;
  std::array<char, 2> vr{};  ///< zeros where implicit
  std::uint32_t length = 0;
  std::size_t begin = 0;  ///< of the header
  std::size_t value = 0;  ///< of the value
};

/// Walks the elements of a data set and checks that each lies within its surroundings.
class Walker {
 public:
  Walker(std::string_view bytes, bool explicit_vr, bool big_endian)
      : bytes_(bytes), explicit_vr_(explicit_vr), big_endian_(big_endian) {}

  /// The element at `position`, whose header and defined length lie before `end`.
  Element element(std::size_t position, std::size_t end) {
    if (++count_ > kMostElements) {
      throw DataError("a DICOM file of more than " + std::to_string(kMostElements) + " elements");
    }
    Element e;
    e.begin = position;
    require(position, 8, end);
    e.tag = number(position, 2) << 16 | number(position + 2, 2);
    if (!explicit_vr_ || e.tag >> 16 == 0xFFFE) {
      e.length = number(position + 4, 4);
      e.value = position + 8;
    } else {
      e.vr = {bytes_[position + 4], bytes_[position + 5]};
      if (!is_upper(e.vr[0]) || !is_upper(e.vr[1])) damaged_dicom("an element without a type (VR)");
      if (has_short_length(e.vr)) {
        e.length = number(position + 6, 2);
        e.value = position + 8;
      } else {
        require(position, 12, end);
        e.length = number(position + 8, 4);
        e.value = position + 12;
      }
    }
    if (e.length != kUndefined && e.length > end - e.value) {
      damaged_dicom("an element claims " + std::to_string(e.length) + " bytes where " +
                    std::to_string(end - e.value) +
                    " are left; the file is cut off or its lengths wrong");
    }
    return e;
  }

  /// The end of the element's value, delimiters included. Of sequences that DCMTK will see, the
  /// defined lengths are entered too, so that their nesting is bounded.
  std::size_t end_of(const Element& e, std::size_t end, int depth, bool enter) {
    const bool defined = e.length != kUndefined;
    if (defined && !enter) return e.value + e.length;
    if (depth >= kDeepestNesting) {
      throw DataError("a DICOM file with sequences nested deeper than " +
                      std::to_string(kDeepestNesting));
    }
    // An unknown element of undefined length holds implicit items whatever the syntax
    // (PS3.5 6.2.2).
    const bool unknown = e.vr == std::array<char, 2>{'U', 'N'};
    Walker inner(bytes_, explicit_vr_ && !unknown, big_endian_ && !unknown);
    inner.count_ = count_;
    const std::size_t stop =
        inner.items(e.value, defined ? e.value + e.length : end, defined, depth, enter);
    count_ = inner.count_;
    return stop;
  }

  std::uint32_t number(std::size_t position, int size) const {
    std::uint32_t value = 0;
    for (int i = 0; i < size; ++i) {
      const int place = big_endian_ ? size - 1 - i : i;
      value |= static_cast<std::uint32_t>(
                   static_cast<std::uint8_t>(bytes_[position + static_cast<std::size_t>(i)]))
               << 8 * place;
    }
    return value;
  }

  static bool is_sequence(const Element& e) { return e.vr == std::array<char, 2>{'S', 'Q'}; }
  static bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
  static bool has_short_length(std::array<char, 2> vr) {
    static constexpr std::string_view kShort =
        "AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US";
    const std::size_t found = kShort.find(std::string_view(vr.data(), 2));
    return found != std::string_view::npos && found % 3 == 0;
  }

 private:
  void require(std::size_t position, std::size_t size, std::size_t end) const {
    if (end - position < size) damaged_dicom("the file ends within an element");
  }

  /// Items up to the sequence's delimiter, or to `end` where its length is defined.
  std::size_t items(std::size_t position, std::size_t end, bool defined, int depth, bool enter) {
    while (position < end) {
      const Element e = element(position, end);
      if (e.tag == kSequenceEnd && !defined) return e.value;
      if (e.tag != kItem) damaged_dicom("a sequence holds something else than items");
      position = e.value;
      if (e.length != kUndefined && !enter) {
        position += e.length;
        continue;
      }
      position = item(position, e.length == kUndefined ? end : position + e.length,
                      e.length != kUndefined, depth, enter);
    }
    if (!defined) damaged_dicom("a sequence has no end");
    return position;
  }

  std::size_t item(std::size_t position, std::size_t end, bool defined, int depth, bool enter) {
    while (position < end) {
      const Element e = element(position, end);
      if (e.tag == kItemEnd && !defined) return e.value;
      if (enter && !belongs_to_table(e)) damaged_dicom("a look-up table with foreign elements");
      position = end_of(e, end, depth + 1, false);
    }
    if (!defined) damaged_dicom("a sequence's item has no end");
    return position;
  }

  /// Descriptor, explanation, type, data: none of them can hold another sequence.
  static bool belongs_to_table(const Element& e) {
    return e.length != kUndefined && !is_sequence(e) &&
           (e.tag == 0x00280000 || e.tag == 0x00283002 || e.tag == 0x00283003 ||
            e.tag == 0x00283004 || e.tag == 0x00283006);
  }

  std::string_view bytes_;
  bool explicit_vr_;
  bool big_endian_;
  std::int64_t count_ = 0;
};

void refuse_programs(std::string_view bytes) {
  // A file may be DICOM and a program at once (CVE-2019-11687): no film needs to be one.
  static constexpr std::string_view kPrograms[] = {"MZ"sv,
                                                   "\x7f"
                                                   "ELF"sv,
                                                   "#!"sv,
                                                   "\xfe\xed\xfa\xce"sv,
                                                   "\xfe\xed\xfa\xcf"sv,
                                                   "\xce\xfa\xed\xfe"sv,
                                                   "\xcf\xfa\xed\xfe"sv,
                                                   "\xca\xfe\xba\xbe"sv,
                                                   "\xbe\xba\xfe\xca"sv,
                                                   "PK\3\4"sv,
                                                   "%PDF"sv};
  for (const std::string_view program : kPrograms) {
    if (bytes.substr(0, program.size()) == program) {
      throw DataError(
          "a DICOM file that is also a program or an archive (its preamble); do not open it, ask "
          "where it comes from");
    }
  }
}

const DicomSyntax& syntax_of(std::string uid) {
  while (!uid.empty() && (uid.back() == '\0' || uid.back() == ' ')) uid.pop_back();
  for (const DicomSyntax& syntax : kSyntaxes) {
    if (syntax.uid == uid) return syntax;
  }
  if (uid.empty()) {
    damaged_dicom("no transfer syntax in the file meta information; write it anew with dcmconv");
  }
  const bool shown = uid.size() <= 64 && uid.find_first_not_of("0123456789.") == std::string::npos;
  throw DataError("a DICOM file in the transfer syntax " +
                  (shown && uid.rfind("1.2.840.10008.1.2", 0) == 0 ? uid : "of some vendor") +
                  ", which is not read; decompress it first");
}

/// Position of the data set, behind the file meta information; `uid` receives its syntax.
std::size_t skip_meta(std::string_view bytes, std::string& uid) {
  Walker walker(bytes, true, false);
  std::size_t position = 132;
  while (position + 8 <= bytes.size() && walker.number(position, 2) == 0x0002) {
    const Element e = walker.element(position, bytes.size());
    if (e.length == kUndefined) damaged_dicom("file meta information of undefined length");
    if (e.tag == 0x00020010) uid = bytes.substr(e.value, e.length);
    position = e.value + e.length;
  }
  return position;
}

std::string inflate_data(std::string_view bytes, std::int64_t limit) {
  z_stream stream{};
  // Raw deflate, without zlib's header (PS3.5 A.5).
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw ResourceError("out of memory");
  // zlib takes a pointer to what it does not write to.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  int status = Z_OK;
  while (status == Z_OK && out.size() <= static_cast<std::size_t>(limit)) {
    const std::size_t before = out.size();
    out.resize(before + (std::size_t{1} << 18));
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream.avail_out = 1U << 18;
    status = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (status == Z_STREAM_END) return out;
  if (status == Z_OK) {
    throw DataError("a deflated DICOM file that unfolds to more than the limit of " +
                    std::to_string(limit >> 20) + " MiB");
  }
  damaged_dicom("its deflated data are cut off or corrupt");
}

/// Some writers name one syntax and write the other: the first element tells.
bool looks_explicit(std::string_view data, bool declared) {
  if (data.size() < 6) return declared;
  const std::array<char, 2> vr{data[4], data[5]};
  if (Walker::has_short_length(vr)) return true;
  return declared && Walker::is_upper(vr[0]) && Walker::is_upper(vr[1]);
}

class Opener {
 public:
  Opener(DicomFile& file, std::string_view data)
      : file_(file), data_(data), walker_(data, file.syntax.explicit_vr, file.syntax.big_endian) {}

  void open() {
    std::size_t position = 0;
    std::uint32_t last = 0;
    while (position < data_.size()) {
      const Element e = walker_.element(position, data_.size());
      if (e.tag >> 16 == 0xFFFE) damaged_dicom("an item outside a sequence");
      if (e.tag == kPixelData) {
        take_pixels(e);
        return;
      }
      const bool table = e.tag == 0x00283000 || e.tag == 0x00283010;
      const bool wanted = is_wanted(e.tag);
      if (wanted && e.tag <= last) damaged_dicom("an attribute stands twice or out of order");
      // DCMTK follows a sequence wherever the file names one: there must be none but the tables.
      if (wanted && (table ? file_.syntax.explicit_vr && !Walker::is_sequence(e)
                           : e.length == kUndefined || Walker::is_sequence(e))) {
        damaged_dicom("an attribute of the wrong type (VR)");
      }
      position = walker_.end_of(e, data_.size(), 0, wanted && table);
      if (wanted) {
        file_.elements += data_.substr(e.begin, position - e.begin);
        last = e.tag;
      }
      if (e.tag == 0x7FE00008 || e.tag == 0x7FE00009) file_.has_float_pixels = true;
      if (is_overlay(e)) file_.has_overlay = true;
    }
  }

 private:
  /// Overlay Data of groups 6000 to 601E, or an Overlay Bit Position: the overlay of old films lies
  /// in bits of the pixels that do not carry the value.
  bool is_overlay(const Element& e) const {
    if (e.tag >> 24 != 0x60) return false;
    const std::uint32_t number = e.tag & 0xFFFF;
    return (number == 0x3000 && e.length > 0) ||
           (number == 0x0102 && e.length == 2 && walker_.number(e.value, 2) != 0);
  }

  void take_pixels(const Element& e) {
    file_.has_pixels = true;
    file_.pixels_are_words = e.vr != std::array<char, 2>{'O', 'B'};
    const bool native = file_.syntax.coding == DicomCoding::native;
    if (native != (e.length != kUndefined)) {
      damaged_dicom(native ? "compressed pixels in a transfer syntax without compression"
                           : "pixels without compression in a transfer syntax with it");
    }
    if (native) {
      file_.pixels = data_.substr(e.value, e.length);
      file_.pixel_element = data_.substr(e.begin, e.value + e.length - e.begin);
      return;
    }
    std::size_t position = e.value;
    bool is_offset_table = true;
    while (true) {
      const Element item = walker_.element(position, data_.size());
      position = item.value;
      if (item.tag == kSequenceEnd) break;
      if (item.tag != kItem || item.length == kUndefined)
        damaged_dicom("a broken fragment of the pixels");
      if (!is_offset_table) file_.fragments.push_back(data_.substr(item.value, item.length));
      is_offset_table = false;
      position += item.length;
    }
    file_.pixel_element = data_.substr(e.begin, position - e.begin);
    if (file_.fragments.empty()) damaged_dicom("no pixels in its pixel data");
  }

  DicomFile& file_;
  std::string_view data_;
  Walker walker_;
};

}  // namespace

void damaged_dicom(const std::string& what) { throw DataError("damaged DICOM: " + what); }

DicomFile open_dicom(std::string_view bytes, const ImageLimits& limits) {
  leave_no_core();
  refuse_programs(bytes);
  std::string uid;
  const std::size_t begin = skip_meta(bytes, uid);
  DicomFile file;
  file.syntax = syntax_of(uid);
  std::string_view data = bytes.substr(std::min(begin, bytes.size()));
  if (file.syntax.deflated) {
    file.inflated = std::make_shared<const std::string>(inflate_data(data, limits.file_bytes));
    data = *file.inflated;
  } else if (file.syntax.coding == DicomCoding::native && !file.syntax.big_endian) {
    file.syntax.explicit_vr = looks_explicit(data, file.syntax.explicit_vr);
  }
  Opener(file, data).open();
  return file;
}

}  // namespace xrayclf
