#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "xrayclf/data/image_traits.hpp"
#include "xrayclf/data/patient_key.hpp"
#include "xrayclf/data/sources.hpp"
#include "xrayclf/image/codec.hpp"
#include "xrayclf/image/preprocess.hpp"

namespace xrayclf {

/// An image of the input that lies prepared in the data directory.
struct PreparedImage {
  std::string path;             ///< relative to the data directory
  std::string sha256;           ///< of the source file
  std::string prepared_sha256;  ///< of the prepared file
  std::int64_t file_bytes = 0;  ///< of the source file
  ImageInfo info;               ///< of the source
  ImageTraits traits;           ///< of the prepared image
  std::string patient;          ///< pseudonym of a DICOM film's patient, "" where there is none
};

/// What the preparation of DICOM films needs beside.
struct DicomPreparation {
  DicomConfig config;
  std::filesystem::path key_file;  ///< made, where it is absent and there is a DICOM film
};

struct Preparation {
  std::vector<std::optional<PreparedImage>> images;  ///< as the sources; nothing where unreadable
  std::vector<SkippedFile> unreadable;               ///< in the order of the sources
  std::int64_t reused = 0;  ///< images that an earlier run had prepared already
  /// What to call each source: its name, or for DICOM dicom_public_name(), numbered where files are
  /// equal, because names of DICOM files name patients.
  std::vector<std::string> names;
  std::optional<PatientKey> key;  ///< where there is a DICOM film
};

/// Decodes and preprocesses each source to an 8-bit grey PNG under `root`/images, on `workers`
/// threads (0: all processors), with the same result for any number of them. What an earlier run,
/// even an interrupted one, made from the same bytes by the same steps is checked by its hash and
/// kept; prepared images that no source has any more are removed. DICOM films get the pseudonym of
/// their patient, and no other name of theirs is written or logged.
///
/// Throws ConfigError or IoError for a key file that cannot be used, Interrupted after SIGINT or
/// SIGTERM, and IoError if the data directory cannot be written.
Preparation prepare_images(const std::vector<SourceImage>& sources,
                           const PreprocessConfig& preprocessing, const std::filesystem::path& root,
                           std::int64_t workers, const DicomPreparation& dicom = {});

/// Where each source's prepared image goes: "images/CLASS/NAME.png", NAME being the source's path
/// without the class folder and the extension, fit for any file system. Where two would be equal,
/// or characters had to be replaced, a hash of the source's path is added. Does not depend on the
/// order of the sources.
std::vector<std::string> prepared_paths(const std::vector<SourceImage>& sources);

}  // namespace xrayclf
