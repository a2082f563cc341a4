#include "xrayclf/serve/multipart.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "xrayclf/core/text.hpp"
#include "xrayclf/serve/message.hpp"

namespace xrayclf {
namespace {

[[noreturn]] void malformed(const std::string& what) {
  throw Refusal(400, "malformed_multipart", "the form cannot be read: " + what);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

void skip_blanks(std::string_view& text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
}

bool is_token_char(char c) {
  constexpr std::string_view kSeparators = "()<>@,;:\\\"/[]?={} \t";
  return c > 0x20 && c < 0x7F && kSeparators.find(c) == std::string_view::npos;
}

std::string take_token(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && is_token_char(text[length])) ++length;
  std::string token(text.substr(0, length));
  text.remove_prefix(length);
  return token;
}

/// A quoted string as browsers write it: \" and \\ are escapes, any other backslash is itself.
std::string take_quoted(std::string_view& text) {
  std::string out;
  text.remove_prefix(1);
  while (!text.empty() && text.front() != '"') {
    if (text.front() == '\\' && text.size() > 1 && (text[1] == '"' || text[1] == '\\')) {
      text.remove_prefix(1);
    }
    out += text.front();
    text.remove_prefix(1);
  }
  if (text.empty()) malformed("a quotation does not end");
  text.remove_prefix(1);
  return out;
}

/// VALUE; name=value; name="value". The value comes first, in lower case; parameters by name.
struct Parameters {
  std::string value;
  std::map<std::string, std::string> named;
};

Parameters parse_parameters(std::string_view text) {
  Parameters out;
  const auto end = text.find(';');
  out.value = lower(text.substr(0, end));
  while (!out.value.empty() && (out.value.back() == ' ' || out.value.back() == '\t')) {
    out.value.pop_back();
  }
  std::string_view rest = end == std::string_view::npos ? std::string_view() : text.substr(end);
  while (!rest.empty()) {
    if (rest.front() != ';') malformed("parameters are not separated by ';'");
    rest.remove_prefix(1);
    skip_blanks(rest);
    if (rest.empty()) break;
    const std::string name = lower(take_token(rest));
    if (name.empty() || rest.empty() || rest.front() != '=') malformed("a parameter has no value");
    rest.remove_prefix(1);
    std::string value = !rest.empty() && rest.front() == '"' ? take_quoted(rest) : take_token(rest);
    if (!out.named.emplace(name, std::move(value)).second) {
      malformed("the parameter " + name + " stands twice");
    }
    skip_blanks(rest);
  }
  return out;
}

bool is_header_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '\t' || (byte >= 0x20 && byte != 0x7F);
  });
}

/// Reads the lines of a part's header, the last of which is empty.
Part parse_part_header(std::string_view header) {
  std::optional<Parameters> disposition;
  while (!header.empty()) {
    const auto end = header.find("\r\n");
    const std::string_view line = header.substr(0, end);
    header.remove_prefix(end == std::string_view::npos ? header.size() : end + 2);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0 || !is_header_text(line) ||
        !std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon),
                     is_token_char)) {
      malformed("a line of a part's header is not NAME: VALUE");
    }
    const std::string name = lower(line.substr(0, colon));
    std::string_view value = line.substr(colon + 1);
    skip_blanks(value);
    if (name == "content-disposition") {
      if (disposition) malformed("a part has two Content-Dispositions");
      disposition = parse_parameters(value);
    } else if (name == "content-transfer-encoding") {
      const std::string coding = lower(value);
      if (coding != "binary" && coding != "8bit" && coding != "7bit") {
        malformed("a part is encoded; send its bytes as they are");
      }
    }
  }
  if (!disposition || disposition->value != "form-data" || disposition->named.count("name") == 0) {
    malformed("a part does not say form-data and its name");
  }
  Part part;
  part.name = disposition->named.at("name");
  // A name in filename* is not needed and not read.
  if (const auto found = disposition->named.find("filename"); found != disposition->named.end()) {
    part.file_name = found->second;
  }
  return part;
}

/// Where the next delimiter (CR LF, two dashes, boundary) stands that also ends like one. "Ends"
/// means CR LF, or two dashes.
std::size_t find_delimiter(std::string_view body, const std::string& delimiter, std::size_t from) {
  for (auto at = body.find(delimiter, from); at != std::string_view::npos;
       at = body.find(delimiter, at + 1)) {
    const std::string_view after = body.substr(at + delimiter.size(), 2);
    if (after == "\r\n" || after == "--") return at;
  }
  return std::string_view::npos;
}

}  // namespace

std::string multipart_boundary(std::string_view content_type) {
  if (!lower(content_type).starts_with("multipart/form-data")) return "";
  const Parameters type = parse_parameters(content_type);
  if (type.value != "multipart/form-data") return "";
  const auto found = type.named.find("boundary");
  if (found == type.named.end()) malformed("its Content-Type names no boundary");
  const std::string& boundary = found->second;
  constexpr std::string_view kMarks = "'()+_,-./:=? ";
  const bool legal = std::all_of(boundary.begin(), boundary.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           kMarks.find(c) != std::string_view::npos;
  });
  if (boundary.empty() || boundary.size() > 70 || boundary.back() == ' ' || !legal) {
    malformed("its boundary must be 1 to 70 characters of RFC 2046");
  }
  return boundary;
}

std::vector<Part> parse_multipart(std::string_view body, const std::string& boundary,
                                  const MultipartLimits& limits) {
  const std::string opening = "--" + boundary;
  const std::string delimiter = "\r\n" + opening;
  if (!body.starts_with(opening)) malformed("it does not begin with its boundary");
  std::vector<Part> parts;
  std::size_t at = opening.size();
  while (body.substr(at, 2) == "\r\n") {
    at += 2;
    if (parts.size() == limits.parts) {
      throw Refusal(413, "too_many_parts",
                    "the form has more than " + std::to_string(limits.parts) + " parts");
    }
    // Two bytes back, so that a header of no line is seen as one.
    const auto header_end = body.substr(0, at + limits.header_bytes + 4).find("\r\n\r\n", at - 2);
    if (header_end == std::string_view::npos) {
      if (body.size() - at > limits.header_bytes) {
        throw Refusal(413, "part_header_too_large",
                      "the header of a part is longer than " + std::to_string(limits.header_bytes) +
                          " bytes");
      }
      malformed("the header of a part does not end");
    }
    if (header_end < at) malformed("a part has no header");
    Part part = parse_part_header(body.substr(at, header_end - at));
    const std::size_t data = header_end + 4;
    // Empty data are followed by the delimiter at once, whose CR LF is then the header's last.
    const std::size_t end = find_delimiter(body, delimiter, data - 2);
    if (end == std::string_view::npos) malformed("its last boundary is missing");
    part.data = end < data ? std::string_view() : body.substr(data, end - data);
    parts.push_back(std::move(part));
    at = end + delimiter.size();
  }
  if (body.substr(at, 2) != "--") malformed("a boundary is followed by something else");
  const std::string_view rest = body.substr(at + 2);
  if (!rest.empty() && rest != "\r\n") malformed("something follows its last boundary");
  if (parts.empty()) malformed("it has no part");
  return parts;
}

}  // namespace xrayclf
