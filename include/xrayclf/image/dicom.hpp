#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "xrayclf/core/fields.hpp"

/// DICOM films (PS3.3, PS3.5, PS3.10 of the standard), parsed and decompressed by DCMTK 3.6.7 and,
/// for JPEG 2000, OpenJPEG 2.5. Only an allow-list of attributes is ever handed to them, nothing
/// that names a patient leaves this module but through dicom_patient_id(), and messages hold no
/// text of the file.
namespace xrayclf {

/// Objects that are refused unless the user says otherwise.
struct DicomConfig {
  bool allow_burned_in = false;
  bool ignore_overlays = false;

  template <class Field>
  static void fields(Field&& field) {
    field("allow_burned_in", &DicomConfig::allow_burned_in,
          "Read DICOM films that declare text burned into the pixels, which may name the patient");
    field("ignore_overlays", &DicomConfig::ignore_overlays,
          "Read DICOM films that carry overlays (group 60xx), without the overlays");
  }
};

/// DICOM films among the inputs of a command that names them in its output.
struct DicomInputConfig : DicomConfig {
  bool show_paths = false;

  template <class Field>
  static void fields(Field&& field) {
    DicomConfig::fields(field);
    field("show_paths", &DicomInputConfig::show_paths,
          "Name DICOM files by their paths, which may name patients, instead of by dicom- and the "
          "start of their SHA-256");
  }
};

/// How grey values are windowed (PS3.3 C.11.2.1).
struct DicomWindow {
  double center = 0;
  double width = 0;
  std::string function;  ///< "LINEAR", "LINEAR_EXACT" or "SIGMOID"
};

/// A look-up table (PS3.3 C.11.1.1): input `first` and below gives entry 0.
struct DicomTable {
  std::int64_t first = 0;
  std::int64_t bits = 0;  ///< of an entry: 8 to 16
  std::vector<std::uint16_t> entries;
};

/// What the attributes of a film say, without what could name a person.
struct DicomInfo {
  std::string transfer_syntax;  ///< "JPEG 2000 (lossless)"
  std::string sop_class;        ///< "DigitalXRayImageStorageForPresentation"
  std::string modality;         ///< "DX", "CR", ...; "" where absent or unusual
  std::string photometric;      ///< "MONOCHROME1", "MONOCHROME2", "RGB", "YBR_FULL", ...
  std::int64_t bits_allocated = 0;
  std::int64_t bits_stored = 0;
  std::int64_t high_bit = 0;
  bool is_signed = false;
  bool planes_apart = false;  ///< Planar Configuration 1
  std::optional<DicomTable> modality_table;
  double slope = 1;
  double intercept = 0;
  std::optional<DicomTable> voi_table;
  std::optional<DicomWindow> window;  ///< the first, where there are several
  std::int64_t windows = 0;
  bool inverted = false;     ///< MONOCHROME1, or Presentation LUT Shape INVERSE
  std::string view;          ///< "PA", "AP", "LATERAL", "OTHER", or "" where absent
  std::string sex;           ///< "F", "M", "O", or ""
  std::string age;           ///< years, "89+" from 89 on, or ""
  std::string spacing;       ///< mm between pixels, "0.168" or "0.168x0.17" (rows x columns), or ""
  bool burned_in = false;    ///< Burned In Annotation is YES
  bool has_overlay = false;  ///< some group 60xx has overlay data
};

/// Patient ID, with its issuer where there is one: an identifier, to be made a pseudonym at once
/// and never to be shown or written. "" where the file has none. Throws DataError as probe_image.
std::string dicom_patient_id(std::string_view bytes);

/// Whether the file is one that may hold DICOM, from its name and first bytes (132 suffice): these
/// must not be named in anything that is written, because their names name patients.
bool may_be_dicom(std::string_view file_name, std::string_view head);

/// What such a file is called instead: "dicom-" and the first 16 hex digits of its SHA-256.
std::string dicom_public_name(std::string_view bytes);

/// Loads the dictionary and the decoders that the first film would load, for a process that cannot
/// open files later. Throws ResourceError where the dictionary is not found.
void load_dicom_reader();

}  // namespace xrayclf
