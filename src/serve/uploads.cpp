#include "uploads.hpp"

#include <utility>

#include "xrayclf/core/text.hpp"
#include "xrayclf/serve/multipart.hpp"

namespace xrayclf {
namespace {

/// Lower case and without parameters.
std::string media_type(const std::string& content_type) {
  std::string type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  for (char& c : type) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return type;
}

constexpr std::size_t kShownName = 200;

}  // namespace

void require_image_type(const std::string& content_type) {
  const std::string type = media_type(content_type);
  for (const char* known :
       {"multipart/form-data", "image/png", "image/jpeg", "application/dicom"}) {
    if (type == known) return;
  }
  throw Refusal(
      415, "unsupported_media_type",
      "send multipart/form-data with a part named file, or the image itself as image/png, "
      "image/jpeg or application/dicom");
}

std::vector<Upload> take_uploads(Request& request, std::size_t most) {
  std::vector<Upload> uploads;
  const std::string boundary = multipart_boundary(request.content_type);
  if (boundary.empty()) {
    uploads.push_back({"", std::move(request.body)});
  } else {
    for (const Part& part : parse_multipart(request.body, boundary, {.parts = most})) {
      if (part.name != "file") {
        throw Refusal(400, "unknown_part",
                      "the form has a part '" + printable(part.name.substr(0, kShownName)) +
                          "'; only file is known here");
      }
      uploads.push_back({printable(part.file_name.substr(0, kShownName)), std::string(part.data)});
    }
    std::string().swap(request.body);
  }
  for (const Upload& upload : uploads) {
    if (upload.bytes.empty()) throw Refusal(400, "empty_file", "the file is empty");
  }
  return uploads;
}

}  // namespace xrayclf
