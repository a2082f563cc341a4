#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace xrayclf {

/// An image that the input offers, before it is opened.
struct SourceImage {
  std::filesystem::path file;
  std::string name;        ///< relative to the input, with '/'; bytes, not necessarily UTF-8
  std::string label;       ///< class name
  std::string patient_id;  ///< "" where the input does not say
  std::string split;       ///< "train", "validation", "test", or "" where the input does not say
  std::int64_t fold = 0;   ///< 1 ... K, or 0 where the input does not say
  std::map<std::string, std::string> metadata;
};

/// A file or directory that is not used, and why.
struct SkippedFile {
  std::string name;
  std::string reason;
};

enum class SourceLayout { class_folders, split_folders, csv };

struct SourceList {
  SourceLayout layout = SourceLayout::class_folders;
  std::vector<SourceImage> images;   ///< by name, rising
  std::vector<SkippedFile> skipped;  ///< hidden files, texts, symbolic links, ...
  std::vector<std::string> classes;  ///< in order
  bool has_splits = false;           ///< the input says which split each image is in
};

struct SourceOptions {
  /// The classes in the order wanted; empty: those found, sorted by name.
  std::vector<std::string> classes;
  /// Column of a CSV that says the split; "" for `split`, if there is one.
  std::string split_column;
  /// Values of that column that mean validation and test; all others are training. Both empty: the
  /// values are the names of the splits.
  std::vector<std::string> validation_values;
  std::vector<std::string> test_values;
  bool follow_symlinks = false;
};

/// Lists the images of an input: a folder per class, a folder with train, val and test (each with a
/// folder per class), or a CSV with the columns path and label, and optionally patient_id, split
/// and fold, any others being kept as metadata; its paths are relative to it. Nothing but headers
/// of files of unknown kind is read; only regular files are ever opened.
///
/// Throws IoError if the input cannot be read, and DataError if it says contradictory things:
/// classes that differ only in case, other classes than `options.classes`, splits with unlike
/// classes, an image listed twice, a label missing.
SourceList find_sources(const std::filesystem::path& input, const SourceOptions& options);

/// "train", "validation" or "test" for the names in use for them (any case; val, valid, training,
/// testing), "" for anything else.
std::string split_name(const std::string& word);

}  // namespace xrayclf
