#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>

namespace xrayclf {

/// The file DATA/.prepared.txt: which prepared image was made from which bytes by which steps. A
/// line is appended after each image, so that an interrupted run can go on; a line that was cut
/// off, or that speaks of an image changed since, is noticed by the prepared image's hash.
class PreparationJournal {
 public:
  struct Entry {
    std::string source_sha256;
    std::string fingerprint;  ///< of the preprocessing
    std::string prepared_sha256;
    std::string path;  ///< of the prepared image, without blanks
  };

  /// Reads what is there and opens the file for appending. Throws IoError.
  explicit PreparationJournal(const std::filesystem::path& root);
  ~PreparationJournal();
  PreparationJournal(const PreparationJournal&) = delete;
  PreparationJournal& operator=(const PreparationJournal&) = delete;

  /// The entry that was there for the prepared image of this path, or null.
  const Entry* find(const std::string& path) const;
  /// Safe from any thread. Throws IoError.
  void append(const Entry& entry);
  /// Every prepared image that earlier runs wrote, by path.
  const std::map<std::string, Entry>& earlier() const { return entries_; }

  /// Replaces the whole journal of a data directory. Throws IoError.
  static void rewrite(const std::filesystem::path& root,
                      const std::map<std::string, Entry>& entries);
  static bool exists(const std::filesystem::path& root);

 private:
  std::filesystem::path path_;
  std::map<std::string, Entry> entries_;
  std::mutex mutex_;
  int descriptor_ = -1;
};

}  // namespace xrayclf
