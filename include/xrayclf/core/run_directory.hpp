#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace xrayclf {

/// Names every file of a run, creates the directory, and holds it against a second writer.
class RunDirectory {
 public:
  /// Throws IoError if `path` holds anything already (a run is never reused silently) but what a
  /// process leaves that was killed before it wrote config.json, cannot be created, or is being
  /// written by another process.
  static RunDirectory create(const std::filesystem::path& path);
  /// Throws IoError where create() would refuse `path` as it is now, but creates nothing.
  static void require_new(const std::filesystem::path& path);
  /// A run that exists, to go on with; leftovers of a killed writer are removed. Throws IoError if
  /// it is no run (no config.json) or is being written by another process.
  static RunDirectory open(const std::filesystem::path& path);
  ~RunDirectory();
  RunDirectory(RunDirectory&& other) noexcept;
  RunDirectory& operator=(RunDirectory&&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path config() const { return path_ / "config.json"; }
  std::filesystem::path environment() const { return path_ / "environment.json"; }
  std::filesystem::path log() const { return path_ / "log.txt"; }
  std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }
  /// The directory of the checkpoint after `epochs` whole epochs and `batches` of the next one.
  std::filesystem::path checkpoint(std::int64_t epochs, std::int64_t batches = 0) const;
  /// Those that there are, whole or damaged, the latest state first.
  std::vector<std::filesystem::path> saved_checkpoints() const;
  /// Text files that hold the name of a directory beside them.
  std::filesystem::path best() const { return checkpoints() / "best"; }
  std::filesystem::path last() const { return checkpoints() / "last"; }

 private:
  static RunDirectory lock(const std::filesystem::path& path);
  RunDirectory(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::filesystem::path path_;
  int lock_ = -1;
};

}  // namespace xrayclf
