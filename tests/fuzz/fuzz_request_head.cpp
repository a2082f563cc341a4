#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "xrayclf/serve/message.hpp"
#include "xrayclf/serve/request_head.hpp"

/// Any bytes are either refused or a head that says one thing only.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace xrayclf;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  try {
    const RequestHead head = parse_request_head(bytes, HttpLimits());
    const bool one_length = !(head.chunked && head.content_length);
    if (!one_length || head.path.empty() || head.path[0] != '/' || cannot_be_head(bytes) ||
        head.find("host") == nullptr) {
      std::abort();
    }
  } catch (const Refusal&) {
  }
  return 0;
}
