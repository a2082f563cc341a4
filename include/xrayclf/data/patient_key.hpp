#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace xrayclf {

/// The secret that makes pseudonyms of patients. Who has it can tell whether a pseudonym is of a
/// given Patient ID; data sets made with one key agree on their patients.
class PatientKey {
 public:
  /// Reads the key of 64 hex digits, or makes one and says so. Throws IoError if that cannot be
  /// done, ConfigError for a file that is no key or that others may read.
  static PatientKey open(const std::filesystem::path& path);

  /// "patient-" and the first 16 hex digits of HMAC-SHA-256(key, id); "" for "".
  std::string pseudonym(std::string_view id) const;

 private:
  explicit PatientKey(std::string key) : key_(std::move(key)) {}

  std::string key_;
};

}  // namespace xrayclf
