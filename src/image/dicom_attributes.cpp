#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcelem.h>
#include <dcmtk/dcmdata/dcuid.h>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "dicom_parts.hpp"
#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {

/// Reads single values of a data set.
class Attributes {
 public:
  explicit Attributes(DcmDataset& data) : data_(data) {}

  std::string text(const DcmTagKey& tag, unsigned long index = 0) {
    OFString value;
    data_.findAndGetOFString(tag, value, index);
    std::string out(value.c_str(), value.size());
    const std::size_t end = out.find_last_not_of(std::string_view(" \0", 2));
    out.erase(end == std::string::npos ? 0 : end + 1);
    out.erase(0, out.find_first_not_of(' '));
    return out;
  }

  std::optional<double> decimal(const DcmTagKey& tag, const char* name) {
    const std::string value = text(tag);
    if (value.empty()) return std::nullopt;
    char* end = nullptr;
    const double number = std::strtod(value.c_str(), &end);
    if (*end != '\0' || !std::isfinite(number)) damaged_dicom(std::string(name) + " is no number");
    return number;
  }

  std::optional<std::int64_t> number(const DcmTagKey& tag) {
    Uint16 value = 0;
    if (data_.findAndGetUint16(tag, value).bad()) return std::nullopt;
    return value;
  }
  std::int64_t require(const DcmTagKey& tag, const char* name) {
    const auto value = number(tag);
    if (!value) damaged_dicom(std::string("it has no ") + name);
    return *value;
  }

  std::int64_t frames() {
    const std::string frames = text(DCM_NumberOfFrames);
    if (frames.empty()) return 1;
    if (frames.size() > 9 || frames.find_first_not_of("0123456789") != std::string::npos) {
      damaged_dicom("Number of Frames is no number");
    }
    return std::stoll(frames);
  }

  std::optional<DicomTable> table(const DcmTagKey& sequence, bool is_signed, const char* name) {
    DcmItem* item = nullptr;
    if (data_.findAndGetSequenceItem(sequence, item, 0).bad() || item == nullptr) {
      return std::nullopt;
    }
    DcmElement* descriptor = nullptr;
    DcmElement* entries = nullptr;
    if (item->findAndGetElement(DCM_LUTDescriptor, descriptor).bad() ||
        item->findAndGetElement(DCM_LUTData, entries).bad()) {
      damaged_dicom(std::string(name) + " without descriptor or data");
    }
    const std::vector<std::uint16_t> three = words(*descriptor);
    if (three.size() != 3)
      damaged_dicom(std::string(name) + " with a descriptor of other than 3 values");
    const bool negative = descriptor->ident() == EVR_SS || is_signed;
    DicomTable table;
    table.first = negative ? static_cast<std::int16_t>(three[1]) : three[1];
    table.bits = three[2];
    const std::size_t count = three[0] == 0 ? 65536 : three[0];
    if (table.bits < 8 || table.bits > 16)
      damaged_dicom(std::string(name) + " of other than 8 to 16 bits");
    table.entries = words(*entries);
    // Entries of 8 bits may lie two in a word, the first in the lower half.
    if (table.bits == 8 && table.entries.size() == (count + 1) / 2 && count > 1) {
      std::vector<std::uint16_t> single;
      for (const std::uint16_t pair : table.entries) {
        single.push_back(pair & 0xFF);
        single.push_back(pair >> 8);
      }
      table.entries = std::move(single);
    }
    if (table.entries.size() < count) damaged_dicom(std::string(name) + " shorter than it claims");
    table.entries.resize(count);
    return table;
  }

 private:
  /// 16-bit values of whatever type the file gives them.
  static std::vector<std::uint16_t> words(DcmElement& element) {
    Uint16* values = nullptr;
    if (element.getUint16Array(values).good() && values != nullptr) {
      return {values, values + element.getLength() / 2};
    }
    Sint16* negative = nullptr;
    if (element.getSint16Array(negative).good() && negative != nullptr) {
      return {negative, negative + element.getLength() / 2};
    }
    Uint8* bytes = nullptr;
    if (element.getUint8Array(bytes).good() && bytes != nullptr) {
      return {bytes, bytes + element.getLength()};
    }
    return {};
  }

  DcmDataset& data_;
};

/// SOP classes that hold no image, or one whose values are no film.
bool is_image_class(const std::string& uid) {
  static constexpr std::string_view kStorage = "1.2.840.10008.5.1.4.1.1.";
  static constexpr std::string_view kNoImage[] = {"8",   "9.", "10",  "11.",  "30",
                                                  "34.", "40", "66",  "67",   "68.",
                                                  "79",  "80", "88.", "104.", "481."};
  if (uid.empty()) return true;
  if (uid.rfind("1.2.840.10008.", 0) != 0) return true;  // private: the attributes will tell
  if (uid.rfind(kStorage, 0) != 0) return false;
  const std::string_view rest = std::string_view(uid).substr(kStorage.size());
  if (rest == "481.1") return true;  // RT Image
  return std::none_of(std::begin(kNoImage), std::end(kNoImage), [&](std::string_view no) {
    return no.back() == '.' ? rest.substr(0, no.size()) == no
                            : rest == no || rest.substr(0, no.size() + 1) == std::string(no) + ".";
  });
}

/// DCMTK's name of a registered class; of others nothing, because a UID can lead to a person.
std::string class_name(const std::string& uid) {
  const char* name = uid.empty() ? nullptr : dcmFindNameOfUID(uid.c_str());
  return name == nullptr ? "an unregistered SOP class" : name;
}

/// The text if it is one of `known`, otherwise `other`: free text may hold anything.
std::string one_of(const std::string& text, std::initializer_list<const char*> known,
                   const char* other) {
  if (text.empty()) return "";
  const bool found =
      std::any_of(known.begin(), known.end(), [&](const char* word) { return text == word; });
  return found ? text : other;
}

std::string view_of(const std::string& text) {
  const bool lateral = !one_of(text, {"LATERAL", "LAT", "LL", "RL", "LLAT", "RLAT"}, "").empty();
  return lateral ? "LATERAL" : one_of(text, {"PA", "AP"}, "OTHER");
}

/// "062Y", "6M", "62": years, from 89 on "89+".
std::string age_of(const std::string& text) {
  const std::size_t digits = text.find_first_not_of("0123456789");
  const std::string number = text.substr(0, digits);
  const std::string unit = digits == std::string::npos ? "Y" : text.substr(digits);
  if (number.empty() || number.size() > 4 || unit.size() != 1) return "";
  const std::size_t kind = std::string_view("YMWD").find(unit[0]);
  if (kind == std::string_view::npos) return "";
  constexpr double kPerYear[] = {1, 12, 52.1775, 365.2425};
  const auto years = static_cast<std::int64_t>(std::stoi(number) / kPerYear[kind]);
  return years >= 89 ? "89+" : std::to_string(years);
}

std::string spacing_of(Attributes& attributes) {
  for (const DcmTagKey& tag : {DCM_PixelSpacing, DCM_ImagerPixelSpacing}) {
    double value[2] = {};
    for (unsigned long i = 0; i < 2; ++i) {
      value[i] = std::strtod(attributes.text(tag, i).c_str(), nullptr);
    }
    const auto usable = [](double mm) { return mm >= 1e-4 && mm <= 100; };
    if (!usable(value[0]) || !usable(value[1])) continue;
    if (value[0] == value[1]) return fmt::format("{:.6g}", value[0]);
    return fmt::format("{:.6g}x{:.6g}", value[0], value[1]);
  }
  return "";
}

void read_window(Attributes& attributes, DicomInfo& dicom) {
  const auto center = attributes.decimal(DCM_WindowCenter, "Window Center");
  const auto width = attributes.decimal(DCM_WindowWidth, "Window Width");
  if (!center || !width) return;
  for (unsigned long i = 0; !attributes.text(DCM_WindowCenter, i).empty(); ++i) ++dicom.windows;
  std::string function = attributes.text(DCM_VOILUTFunction);
  for (char& c : function) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  if (function.empty()) function = "LINEAR";
  if (one_of(function, {"LINEAR", "LINEAR_EXACT", "SIGMOID"}, "").empty()) {
    damaged_dicom("an unknown VOI LUT Function");
  }
  if (*width <= 0 || (function == "LINEAR" && *width < 1)) {
    damaged_dicom("a Window Width too small for " + function);
  }
  dicom.window = DicomWindow{*center, *width, function};
}

void check_bits(const DicomInfo& d, const ImageInfo& size) {
  const bool colour = d.photometric == "RGB" || d.photometric.rfind("YBR_", 0) == 0;
  if (d.photometric == "PALETTE COLOR") {
    throw DataError("a DICOM image with a colour palette; convert it to grey first");
  }
  if (!colour && d.photometric != "MONOCHROME1" && d.photometric != "MONOCHROME2") {
    throw DataError("a DICOM image of a photometric interpretation that is not read");
  }
  if (size.channels != (colour ? 3 : 1))
    damaged_dicom("Samples per Pixel contradict the photometric interpretation");
  if (d.bits_allocated != 8 && d.bits_allocated != 16) {
    throw DataError("a DICOM image of " + std::to_string(d.bits_allocated) +
                    " bits allocated; 8 and 16 are read");
  }
  if (d.bits_stored < 1 || d.bits_stored > d.bits_allocated || d.high_bit >= d.bits_allocated ||
      d.high_bit + 1 < d.bits_stored) {
    damaged_dicom("Bits Stored and High Bit do not fit Bits Allocated");
  }
  if (colour && (d.bits_stored != 8 || d.is_signed || d.bits_allocated != 8)) {
    throw DataError("a DICOM image in colour of other than 8 bits; convert it to grey first");
  }
}

}  // namespace

DicomInfo read_attributes(DcmDataset& data, const DicomFile& file, ImageInfo& size) {
  Attributes attributes(data);
  DicomInfo d;
  d.transfer_syntax = file.syntax.name;
  const std::string sop_class = attributes.text(DCM_SOPClassUID);
  d.sop_class = class_name(sop_class);
  if (!is_image_class(sop_class) ||
      (!file.has_pixels && !sop_class.empty() && !file.has_float_pixels)) {
    throw DataError("a DICOM object without a film (" + d.sop_class + ")");
  }
  if (file.has_float_pixels) throw DataError("a DICOM image of floating-point values, no film");
  if (!file.has_pixels) damaged_dicom("it has no pixel data");
  const std::int64_t frames = attributes.frames();
  if (frames != 1) {
    throw DataError("a multi-frame DICOM image (" + std::to_string(frames) +
                    " frames); extract the frame wanted first");
  }
  size.height = attributes.require(DCM_Rows, "Rows");
  size.width = attributes.require(DCM_Columns, "Columns");
  size.channels = attributes.number(DCM_SamplesPerPixel).value_or(1);
  d.photometric = attributes.text(DCM_PhotometricInterpretation);
  d.photometric = one_of(d.photometric,
                         {"MONOCHROME1", "MONOCHROME2", "RGB", "YBR_FULL", "YBR_FULL_422",
                          "YBR_RCT", "YBR_ICT", "PALETTE COLOR"},
                         "OTHER");
  if (d.photometric.empty()) damaged_dicom("it has no Photometric Interpretation");
  d.bits_allocated = attributes.require(DCM_BitsAllocated, "Bits Allocated");
  d.bits_stored = attributes.number(DCM_BitsStored).value_or(d.bits_allocated);
  d.high_bit = attributes.number(DCM_HighBit).value_or(d.bits_stored - 1);
  d.is_signed = attributes.number(DCM_PixelRepresentation).value_or(0) == 1;
  d.planes_apart = attributes.number(DCM_PlanarConfiguration).value_or(0) == 1;
  size.bit_depth = d.bits_stored;
  check_bits(d, size);

  d.modality = one_of(
      attributes.text(DCM_Modality),
      {"CR", "DX", "RF", "MG", "IO", "PX", "XA", "RG", "CT", "MR", "US", "NM", "PT", "OT", "SC"},
      "");
  if (size.channels == 1) {
    d.modality_table = attributes.table(DCM_ModalityLUTSequence, d.is_signed, "a Modality LUT");
    d.slope = attributes.decimal(DCM_RescaleSlope, "Rescale Slope").value_or(1);
    d.intercept = attributes.decimal(DCM_RescaleIntercept, "Rescale Intercept").value_or(0);
    if (d.slope == 0 || std::abs(d.slope) > 1e9 || std::abs(d.intercept) > 1e9) {
      damaged_dicom("a Rescale Slope or Intercept that makes no values");
    }
    const bool negative = d.is_signed && !d.modality_table;
    d.voi_table = attributes.table(DCM_VOILUTSequence, negative, "a VOI LUT");
    if (!d.voi_table) read_window(attributes, d);
    d.inverted =
        d.photometric == "MONOCHROME1" || attributes.text(DCM_PresentationLUTShape) == "INVERSE";
  }
  d.view = view_of(attributes.text(DCM_ViewPosition));
  d.sex = one_of(attributes.text(DCM_PatientSex), {"F", "M", "O"}, "");
  d.age = age_of(attributes.text(DCM_PatientAge));
  d.spacing = spacing_of(attributes);
  d.burned_in = attributes.text(DCM_BurnedInAnnotation) == "YES";
  d.has_overlay = file.has_overlay;
  return d;
}

std::string dicom_patient_id(std::string_view bytes) {
  const DicomFile file = open_dicom(bytes, {});
  const auto data = parse_elements(file, false);
  Attributes attributes(*data);
  const std::string id = attributes.text(DCM_PatientID);
  const std::string issuer = attributes.text(DCM_IssuerOfPatientID);
  // A backslash cannot occur within either.
  return id.empty() || issuer.empty() ? id : id + "\\" + issuer;
}

}  // namespace xrayclf
