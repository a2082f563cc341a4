#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace xrayclf {

/// Whether a file must survive a power cut, or only a killed process. Files that are verified by
/// a stored hash and can be made again (prepared images) do without the wait for the disk.
enum class Durability { power_cut, killed_process };

/// A file that appears under its name whole or not at all: written to `NAME.tmp-PID` beside it,
/// flushed to disk, then renamed over the old one. Destroyed without commit(), it leaves the old
/// file as it was. Every failure is an IoError with the path and the system's reason.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path, Durability durability = Durability::power_cut);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, std::size_t size);
  void write(std::string_view text) { write(text.data(), text.size()); }
  void commit();

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  Durability durability_;
  int descriptor_ = -1;
};

/// Writes the whole file. Throws IoError.
void write_file(const std::filesystem::path& path, std::string_view content,
                Durability durability = Durability::power_cut);

/// Reads a whole regular file. Throws IoError if it is absent, not a regular file (a FIFO or a
/// device is never opened), unreadable, or larger than `limit` bytes.
std::string read_file(const std::filesystem::path& path,
                      std::uintmax_t limit = std::uintmax_t{1} << 40);

/// Waits until a directory's entries are on disk. Throws IoError.
void sync_directory(const std::filesystem::path& directory);

/// Creates a directory with its parents. Throws IoError.
void make_directories(const std::filesystem::path& directory);

}  // namespace xrayclf
