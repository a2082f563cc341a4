#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace xrayclf {

/// SHA-256 (FIPS 180-4, by OpenSSL) of data that comes in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  void update(const void* data, std::size_t size);
  /// 64 lower-case hex digits; the object is spent afterwards.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_hex(std::string_view data);

/// HMAC-SHA-256 (RFC 2104), 64 lower-case hex digits.
std::string hmac_sha256_hex(std::string_view key, std::string_view data);

/// `count` bytes of the system's random generator, for keys.
std::string random_bytes(std::size_t count);

/// Whether two digests are equal, in a time that does not tell where they differ.
bool same_digest(std::string_view a, std::string_view b);

/// Reads the file in pieces. Throws IoError.
std::string sha256_file(const std::filesystem::path& path);

}  // namespace xrayclf
