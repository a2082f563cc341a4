#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "xrayclf/data/manifest.hpp"
#include "xrayclf/image/preprocess.hpp"

namespace xrayclf {

/// A data directory that `xrayclf preprocess` finished: prepared images, manifest.csv and
/// dataset.json.
struct PreparedSet {
  std::filesystem::path root;
  std::vector<std::string> classes;  ///< in order; a class's index is its position
  PreprocessConfig preprocessing;    ///< that the images went through
  std::string fingerprint;           ///< of `preprocessing`
  nlohmann::ordered_json info;       ///< dataset.json
  std::vector<Record> records;       ///< in the order of the manifest

  /// Opens and checks a data directory: the manifest is the one that dataset.json was written with,
  /// every image is there, every label is a class, no patient is in two splits unless that was
  /// allowed when the set was made. Throws DataError with the reason.
  static PreparedSet open(const std::filesystem::path& directory);

  /// Indices into `records` of one split, rising. Throws DataError, naming the splits there are,
  /// if it has no image.
  std::vector<std::size_t> split(std::string_view name) const;

  /// Position of the record's label in `classes`.
  std::int64_t class_index(const Record& record) const;

  /// The prepared image, CV_8UC1, image_size x image_size. Throws DataError naming the file if it
  /// is gone or is not the file that was prepared (by its SHA-256).
  cv::Mat read(const Record& record) const;
};

}  // namespace xrayclf
