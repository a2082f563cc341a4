#include "xrayclf/core/run_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {
constexpr const char* kLock = "run.lock";
}

RunDirectory RunDirectory::lock(const std::filesystem::path& path) {
  const std::string name = printable(path.string());
  const auto lock_path = path / kLock;
  const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0) {
    throw IoError("cannot write into " + name + ": " + std::generic_category().message(errno));
  }
  RunDirectory run(path, lock);
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    throw IoError(name + ": another process is writing this run");
  }
  return run;
}

RunDirectory RunDirectory::create(const std::filesystem::path& path) {
  const std::string name = printable(path.string());
  make_directories(path);
  // Take the lock before looking inside: two runs that start together must not both find it empty.
  RunDirectory run = lock(path);
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
    if (entry.path().filename() == kLock) continue;
    throw IoError(name + " is not empty; give --output a new directory");
  }
  if (error) throw IoError("cannot read " + name + ": " + error.message());
  make_directories(run.checkpoints());
  return run;
}

RunDirectory RunDirectory::open(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path / "config.json", error)) {
    throw IoError(printable(path.string()) + " is no run: it has no config.json");
  }
  RunDirectory run = lock(path);
  for (const auto& directory : {run.path(), run.checkpoints()}) {
    for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
      const std::string leaf = entry.path().filename().string();
      std::error_code ignored;
      if (leaf.find(".tmp-") != std::string::npos) std::filesystem::remove_all(entry, ignored);
    }
  }
  return run;
}

RunDirectory::RunDirectory(RunDirectory&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

RunDirectory::~RunDirectory() {
  if (lock_ >= 0) ::close(lock_);
}

std::filesystem::path RunDirectory::checkpoint(std::int64_t epochs, std::int64_t batches) const {
  std::string name = fmt::format("epoch-{:04}", epochs);
  if (batches > 0) name += fmt::format("-batch-{:06}", batches);
  return checkpoints() / name;
}

}  // namespace xrayclf
