#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace xrayclf {

/// One part of a multipart/form-data body.
struct Part {
  std::string name;
  std::string file_name;  ///< only ever shown, escaped by who shows it; "" where there is none
  std::string_view data;  ///< into the body
};

struct MultipartLimits {
  std::size_t parts = 8;
  std::size_t header_bytes = 4096;  ///< of one part
};

/// The boundary of a Content-Type of multipart/form-data, or "" for any other type. Throws Refusal
/// (400) for a boundary that is missing, longer than 70 characters, or made of others than RFC 2046
/// allows.
std::string multipart_boundary(std::string_view content_type);

/// Reads a body (RFC 7578) strictly: it begins with the first delimiter and ends with the last,
/// every line of a part's header ends with CR LF, each part says form-data and a name. Throws
/// Refusal (400), 413 for more parts or longer headers than allowed.
std::vector<Part> parse_multipart(std::string_view body, const std::string& boundary,
                                  const MultipartLimits& limits);

}  // namespace xrayclf
