#pragma once

#include <string>
#include <vector>

#include "xrayclf/serve/message.hpp"

namespace xrayclf {

/// One file of a request.
struct Upload {
  std::string name;  ///< printable, as the client gave it, to be given back to it alone
  std::string bytes;
};

/// Throws Refusal (415) for a Content-Type that holds no image.
void require_image_type(const std::string& content_type);

/// The parts `file` of a form, 1 to `most`, or the body itself, which is let go. Throws Refusal.
std::vector<Upload> take_uploads(Request& request, std::size_t most);

}  // namespace xrayclf
