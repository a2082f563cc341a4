#include "xrayclf/data/patient_key.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/logging.hpp"
#include "xrayclf/core/sha256.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

constexpr std::size_t kKeyDigits = 64;

/// Writes a new key that only its owner may read. False where the file exists.
bool make_key(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0 && errno == EEXIST) return false;
  const std::string key = sha256_hex(random_bytes(32)) + "\n";
  const bool written = file >= 0 &&
                       ::write(file, key.data(), key.size()) == static_cast<ssize_t>(key.size()) &&
                       ::fsync(file) == 0;
  const int reason = errno;
  if (file >= 0) ::close(file);
  if (!written) {
    if (file >= 0) ::unlink(path.c_str());
    throw IoError("cannot write the key file " + printable(path.string()) + ": " +
                  std::generic_category().message(reason));
  }
  return true;
}

}  // namespace

PatientKey PatientKey::open(const std::filesystem::path& path) {
  const std::string shown = printable(path.string());
  if (make_key(path)) {
    spdlog::warn(
        "made the key {} for pseudonyms of patients; keep it, and keep it away from the data",
        shown);
  }
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || (status.st_mode & 077) != 0) {
    throw ConfigError("the key file " + shown + " must be readable by its owner alone: chmod 600");
  }
  std::string key = read_file(path, 4096);
  while (!key.empty() && (key.back() == '\n' || key.back() == '\r')) key.pop_back();
  if (key.size() != kKeyDigits || key.find_first_not_of("0123456789abcdef") != std::string::npos) {
    throw ConfigError("the key file " + shown + " holds no key (64 hex digits)");
  }
  return PatientKey(key);
}

std::string PatientKey::pseudonym(std::string_view id) const {
  return id.empty() ? "" : "patient-" + hmac_sha256_hex(key_, id).substr(0, 16);
}

}  // namespace xrayclf
