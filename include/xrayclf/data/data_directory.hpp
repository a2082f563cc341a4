#pragma once

#include <filesystem>
#include <vector>

#include "xrayclf/data/sources.hpp"

namespace xrayclf {

/// The directory that receives a prepared data set, held against a second writer while this lives.
class DataDirectory {
 public:
  /// Creates or reopens the directory. Throws ConfigError if it holds files that preprocess did not
  /// write, or if it and the input lie one within the other (the input is never written into), and
  /// IoError if it cannot be written or another process is writing it.
  DataDirectory(const std::filesystem::path& path, const std::filesystem::path& input,
                const SourceList& sources);
  ~DataDirectory();
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int lock_ = -1;
};

}  // namespace xrayclf
