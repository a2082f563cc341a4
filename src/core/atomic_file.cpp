#include "xrayclf/core/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

[[noreturn]] void fail(const std::string& action, const std::filesystem::path& path, int error) {
  throw IoError("cannot " + action + " " + printable(path.string()) + ": " +
                std::generic_category().message(error));
}

std::filesystem::path parent_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

/// Closes a descriptor that is only read, so that close() has nothing to report.
struct ReadDescriptor {
  int value;
  ~ReadDescriptor() {
    if (value >= 0) ::close(value);
  }
};

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path path, Durability durability)
    : path_(std::move(path)),
      temporary_(path_.string() + ".tmp-" + std::to_string(::getpid())),
      durability_(durability) {
  // A rename would put a regular file in the place of a device or a pipe.
  struct stat status {};
  if (::stat(path_.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    temporary_.clear();
    throw IoError("cannot write " + printable(path_.string()) + ": not a regular file");
  }
  descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail("write", path_, errno);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(const void* data, std::size_t size) {
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = ::write(descriptor_, at, size);
    if (written < 0) {
      if (errno == EINTR) continue;
      fail("write", path_, errno);
    }
    at += written;
    size -= static_cast<std::size_t>(written);
  }
}

void AtomicFile::commit() {
  if (durability_ == Durability::power_cut && ::fsync(descriptor_) != 0) {
    fail("flush", path_, errno);
  }
  // Network file systems report a failed write only here.
  if (::close(std::exchange(descriptor_, -1)) != 0) fail("close", path_, errno);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail("rename to", path_, errno);
  temporary_.clear();
  if (durability_ == Durability::power_cut) sync_directory(parent_of(path_));
}

void write_file(const std::filesystem::path& path, std::string_view content,
                Durability durability) {
  AtomicFile file(path, durability);
  file.write(content);
  file.commit();
}

std::string read_file(const std::filesystem::path& path, std::uintmax_t limit) {
  // O_NONBLOCK: opening a FIFO without a writer must not wait; fstat then refuses it.
  const ReadDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.value < 0) fail("read", path, errno);
  struct stat status {};
  if (::fstat(file.value, &status) != 0) fail("read", path, errno);
  if (!S_ISREG(status.st_mode)) {
    throw IoError("cannot read " + printable(path.string()) + ": not a regular file");
  }
  const auto size = static_cast<std::uintmax_t>(status.st_size);
  if (size > limit) {
    throw IoError("cannot read " + printable(path.string()) + ": " + std::to_string(size) +
                  " bytes, above the limit of " + std::to_string(limit));
  }
  std::string content(size, '\0');
  std::size_t filled = 0;
  while (filled < content.size()) {
    const ssize_t got = ::read(file.value, content.data() + filled, content.size() - filled);
    if (got < 0) {
      if (errno == EINTR) continue;
      fail("read", path, errno);
    }
    if (got == 0) break;  // the file shrank while it was read
    filled += static_cast<std::size_t>(got);
  }
  content.resize(filled);
  return content;
}

void sync_directory(const std::filesystem::path& directory) {
  const ReadDescriptor file{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (file.value < 0) fail("open", directory, errno);
  // Some file systems cannot sync a directory and say EINVAL; there is nothing better to do there.
  if (::fsync(file.value) != 0 && errno != EINVAL) fail("flush", directory, errno);
}

void make_directories(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) fail("create directory", directory, error.value());
}

}  // namespace xrayclf
