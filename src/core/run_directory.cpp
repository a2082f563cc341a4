#include "xrayclf/core/run_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

constexpr const char* kLock = "run.lock";
constexpr const char* kCheckpoints = "checkpoints";

bool is_leftover(const std::filesystem::path& path) {
  return path.filename().string().find(".tmp-") != std::string::npos;
}

/// What a process leaves that was killed between creating a run and writing its configuration.
bool is_of_an_unborn_run(const std::filesystem::path& path) {
  std::error_code error;
  return path.filename() == kLock || is_leftover(path) ||
         (path.filename() == kCheckpoints && std::filesystem::is_empty(path, error));
}

}  // namespace

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

void RunDirectory::require_new(const std::filesystem::path& path) {
  const std::string name = printable(path.string());
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
    if (is_of_an_unborn_run(entry.path())) continue;
    throw IoError(name + " is not empty; give --output a new directory");
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    throw IoError("cannot read " + name + ": " + error.message());
  }
}

RunDirectory RunDirectory::create(const std::filesystem::path& path) {
  make_directories(path);
  // Take the lock before looking inside: two runs that start together must not both find it empty.
  RunDirectory run = lock(path);
  require_new(path);
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
      std::error_code ignored;
      if (is_leftover(entry.path())) std::filesystem::remove_all(entry, ignored);
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

std::vector<std::filesystem::path> RunDirectory::saved_checkpoints() const {
  // (epochs, batches) of the name, so that epoch 10000 comes after epoch 9999.
  std::vector<std::tuple<long, long, std::filesystem::path>> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(checkpoints(), error)) {
    const std::string name = entry.path().filename().string();
    long epochs = 0;
    long batches = 0;
    if (is_leftover(entry.path())) continue;
    if (std::sscanf(name.c_str(), "epoch-%ld-batch-%ld", &epochs, &batches) < 1) continue;
    found.emplace_back(epochs, batches, entry.path());
  }
  std::sort(found.rbegin(), found.rend());
  std::vector<std::filesystem::path> paths;
  for (const auto& [epochs, batches, path] : found) paths.push_back(path);
  return paths;
}

}  // namespace xrayclf
