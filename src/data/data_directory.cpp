#include "xrayclf/data/data_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <system_error>

#include "data/journal.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLockFile = ".lock";

fs::path real(const fs::path& path) {
  std::error_code error;
  fs::path out = fs::weakly_canonical(fs::absolute(path), error);
  if (error) out = fs::absolute(path).lexically_normal();
  return out.has_filename() ? out : out.parent_path();
}

/// Whether `inner` is `outer` or lies in it; both real.
bool is_within(const fs::path& inner, const fs::path& outer) {
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

void refuse_overlap(const fs::path& path, const fs::path& input, const SourceList& sources) {
  const fs::path output = real(path);
  const fs::path source = real(input);
  const char* reason = nullptr;
  std::set<fs::path> folders;
  for (const SourceImage& image : sources.images) folders.insert(image.file.parent_path());
  for (const fs::path& folder : folders) {
    if (is_within(real(folder), output)) reason = "images of the input lie in it";
  }
  if (is_within(source, output)) reason = "the input lies in it";
  // A CSV may stand beside the output; a folder is the input with all that is in it.
  if (sources.layout != SourceLayout::csv && is_within(output, source)) {
    reason = "it lies in the input, which is never written into";
  }
  if (reason != nullptr) {
    throw ConfigError("--output " + printable(path.string()) + " cannot be used: " + reason);
  }
}

void refuse_foreign_files(const fs::path& path) {
  if (PreparationJournal::exists(path)) return;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path, error)) {
    if (entry.path().filename() == kLockFile) continue;
    throw ConfigError("--output " + printable(path.string()) +
                      " holds files that preprocess did not write; give a new directory");
  }
  if (error) throw IoError("cannot read " + printable(path.string()) + ": " + error.message());
}

}  // namespace

DataDirectory::DataDirectory(const fs::path& path, const fs::path& input, const SourceList& sources)
    : path_(path) {
  refuse_overlap(path, input, sources);
  make_directories(path);
  refuse_foreign_files(path);
  lock_ = ::open((path / kLockFile).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock_ < 0) {
    throw IoError("cannot write into " + printable(path.string()) + ": " +
                  std::generic_category().message(errno));
  }
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock_);
    throw IoError(printable(path.string()) + ": another process is writing this data set");
  }
}

DataDirectory::~DataDirectory() { ::close(lock_); }

}  // namespace xrayclf
