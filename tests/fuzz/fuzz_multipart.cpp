#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "xrayclf/serve/message.hpp"
#include "xrayclf/serve/multipart.hpp"

/// Any body either has parts that lie within it, in order, or is refused.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace xrayclf;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  // The first line is the Content-Type.
  const auto line = bytes.find('\n');
  const std::string_view body = line == std::string_view::npos ? bytes : bytes.substr(line + 1);
  try {
    const std::string boundary = multipart_boundary(bytes.substr(0, line));
    if (boundary.empty()) return 0;
    const char* at = body.data();
    for (const Part& part : parse_multipart(body, boundary, {})) {
      if (part.data.empty()) continue;
      if (part.data.data() < at || part.data.data() + part.data.size() > body.data() + body.size())
        std::abort();
      at = part.data.data() + part.data.size();
    }
  } catch (const Refusal&) {
  }
  return 0;
}
