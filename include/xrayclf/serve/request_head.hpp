#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "xrayclf/serve/limits.hpp"

namespace xrayclf {

/// The head of an HTTP/1.1 request (RFC 9112), read more strictly than the standard asks: whatever
/// two parsers could read in two ways is refused.
struct RequestHead {
  std::string method;
  std::string path;                                         ///< as sent: what is encoded stays so
  std::map<std::string, std::string> query;                 ///< decoded
  std::vector<std::pair<std::string, std::string>> fields;  ///< names in lower case
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool keep_alive = true;

  /// The field's value, or null. Fields that matter here stand once at most.
  const std::string* find(std::string_view name) const;
  bool has_body() const { return chunked || content_length.value_or(0) > 0; }
};

/// `bytes` end with the empty line. Throws Refusal:
///   400  no request line of three parts, a target that is no path, bare CR or LF, NUL and other
///        control characters, folded lines, a space before the colon, no or two Host fields, any
///        other doubled field that matters, Content-Length that is no plain number, with
///        Transfer-Encoding, or with GET, a coding other than chunked, a malformed query
///   414, 431  longer than the limits     417  Expect     505  another version
RequestHead parse_request_head(std::string_view bytes, const HttpLimits& limits);

/// Whether `bytes`, the beginning of a head, can no longer become one: an LF without its CR, or a
/// NUL. For refusing at once what would otherwise wait for its deadline.
bool cannot_be_head(std::string_view bytes);

/// %XX and + of a query's name or value. Throws Refusal (400) for a broken escape, control
/// characters, and what is not UTF-8.
std::string query_decoded(std::string_view text);

}  // namespace xrayclf
