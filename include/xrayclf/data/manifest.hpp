#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace xrayclf {

/// One prepared image: a row of `manifest.csv`.
struct Record {
  std::string path;             ///< relative to the data directory, "images/NORMAL/a.png"
  std::string source;           ///< relative to the input; bytes, not necessarily UTF-8
  std::string sha256;           ///< of the source file
  std::string label;            ///< class name
  std::string patient_id;       ///< unique to the image where the patient is not known
  std::string split;            ///< "train", "validation", "test", or "" for none
  std::int64_t fold = 0;        ///< 1 ... K of a cross-validation, 0 for none
  std::int64_t width = 0;       ///< of the source, pixels
  std::int64_t height = 0;      ///< of the source, pixels
  std::int64_t bit_depth = 0;   ///< of the source, bits per channel
  std::string prepared_sha256;  ///< of the prepared file
  std::map<std::string, std::string> metadata;  ///< further columns of the input CSV
};

/// Names of the columns that every manifest has, in order: path, source, sha256, label, patient_id,
/// split, fold, width, height, bit_depth, prepared_sha256.
const std::vector<std::string>& manifest_columns();

/// The whole manifest as CSV: the columns above, then the metadata columns in alphabetical order.
std::string manifest_csv(const std::vector<Record>& records);

/// Reads a manifest. Throws IoError, or DataError naming the file, the line and the column.
std::vector<Record> read_manifest(const std::filesystem::path& path);

}  // namespace xrayclf
