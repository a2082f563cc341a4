#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "checkpoint_format.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/sha256.hpp"

namespace xrayclf::checkpoint {
namespace fs = std::filesystem;

nlohmann::json file_entry(const fs::path& file) {
  return {{"bytes", fs::file_size(file)}, {"sha256", sha256_file(file)}};
}

std::string manifest_text(const nlohmann::json& files) {
  return to_text({{"format", kFormat}, {"files", files}});
}

Replacement::Replacement(const fs::path& directory) {
  const fs::path target = fs::absolute(directory).lexically_normal();
  directory_ = target.has_filename() ? target : target.parent_path();
  temporary_ = directory_.string() + ".tmp-" + std::to_string(::getpid());
  std::error_code ignored;
  fs::remove_all(temporary_, ignored);
  make_directories(temporary_);
}

Replacement::~Replacement() {
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove_all(temporary_, ignored);
}

void Replacement::commit() {
  const auto check = [&](bool ok) {
    if (!ok) {
      throw IoError(directory_.string() +
                    ": cannot put the checkpoint in place: " + std::strerror(errno));
    }
  };
  sync_directory(temporary_);
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(directory_, ignored))) {
    check(::rename(temporary_.c_str(), directory_.c_str()) == 0);
  } else if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, directory_.c_str(),
                         RENAME_EXCHANGE) == 0) {
    fs::remove_all(temporary_, ignored);
  } else {
    const fs::path old = temporary_.string() + ".old";
    check(::rename(directory_.c_str(), old.c_str()) == 0);
    check(::rename(temporary_.c_str(), directory_.c_str()) == 0);
    fs::remove_all(old, ignored);
  }
  temporary_.clear();
  sync_directory(directory_.parent_path());
}

}  // namespace xrayclf::checkpoint
