#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "xrayclf/serve/request_head.hpp"

namespace xrayclf {

/// Who may ask: the names that the server answers to (against DNS rebinding), the origins that
/// pages may come from, and the token.
class AccessPolicy {
 public:
  struct Settings {
    std::vector<std::string> hosts;    ///< beside localhost and the loopback addresses
    std::vector<std::string> origins;  ///< beside the server's own, for example "https://ward.test"
    std::filesystem::path token_file;  ///< "" for none
  };
  /// Reads the token file. Throws ConfigError for a name or origin of another form, a token of
  /// fewer than 16 characters, or a file that others than its owner may read; IoError.
  explicit AccessPolicy(const Settings& settings);

  /// Throws Refusal: 421 for a Host that is none of ours, 403 for a page of a foreign origin that
  /// asks for more than reading.
  void require_known_sender(const RequestHead& head) const;
  /// Throws Refusal (401), the same for a missing and for a wrong token.
  void require_token(const RequestHead& head) const;
  /// The request's origin, if it is one of `origins`; or "".
  std::string allowed_origin(const RequestHead& head) const;

 private:
  std::vector<std::string> hosts_;
  std::vector<std::string> origins_;
  std::string token_sha256_;  ///< "" for no token
};

/// Whether a literal address is one of this machine's loopback addresses, or "localhost".
bool is_loopback(const std::string& host);

}  // namespace xrayclf
