#include "xrayclf/serve/request_head.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "xrayclf/core/text.hpp"
#include "xrayclf/serve/message.hpp"

namespace xrayclf {
namespace {

[[noreturn]] void malformed(const std::string& what) {
  throw Refusal(400, "malformed_request", what);
}

bool is_token_char(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         kMarks.find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

/// Text of a field: no control character but the tab.
bool is_field_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '\t' || (byte >= 0x20 && byte != 0x7F);
  });
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// The line up to CR LF, which are taken off `rest`.
std::string_view next_line(std::string_view& rest) {
  const auto end = rest.find("\r\n");
  if (end == std::string_view::npos) malformed("the header does not end");
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 2);
  if (line.find('\r') != std::string_view::npos || line.find('\n') != std::string_view::npos) {
    malformed("a line of the header ends without CR LF");
  }
  return line;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::map<std::string, std::string> parse_query(std::string_view query) {
  constexpr std::size_t kMostParameters = 16;
  std::map<std::string, std::string> out;
  for (const std::string& pair : split_text(query, '&')) {
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    const std::string name = query_decoded(std::string_view(pair).substr(0, equals));
    const std::string value =
        equals == std::string::npos ? "" : query_decoded(std::string_view(pair).substr(equals + 1));
    if (!out.emplace(name, value).second) {
      malformed("the query names '" + printable(name) + "' twice");
    }
    if (out.size() > kMostParameters) malformed("the query has too many parameters");
  }
  return out;
}

void parse_target(std::string_view target, RequestHead& head, const HttpLimits& limits) {
  if (target.size() > static_cast<std::size_t>(limits.target_bytes)) {
    throw Refusal(
        414, "target_too_long",
        "path and query are longer than " + std::to_string(limits.target_bytes) + " bytes");
  }
  const bool plain = std::all_of(target.begin(), target.end(),
                                 [](char c) { return c > 0x20 && c < 0x7F && c != '#'; });
  if (target.empty() || target.front() != '/' || !plain) {
    malformed("the request's target is not a path");
  }
  const auto mark = target.find('?');
  head.path = target.substr(0, mark);
  if (mark != std::string_view::npos) head.query = parse_query(target.substr(mark + 1));
}

void parse_request_line(std::string_view line, RequestHead& head, const HttpLimits& limits) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    malformed("the request line must be METHOD PATH HTTP/1.1");
  }
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(method) || method.size() > 16) malformed("the method is not a word");
  parse_target(target, head, limits);
  if (version != "HTTP/1.1") {
    if (version.starts_with("HTTP/")) {
      throw Refusal(505, "version_not_supported", "only HTTP/1.1 is spoken here");
    }
    malformed("the request line must be METHOD PATH HTTP/1.1");
  }
  head.method = method;
}

void parse_fields(std::string_view rest, RequestHead& head, const HttpLimits& limits) {
  while (true) {
    const std::string_view line = next_line(rest);
    if (line.empty()) break;
    if (line.front() == ' ' || line.front() == '\t') malformed("a field is folded over two lines");
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
      malformed("a line of the header is not NAME: VALUE");
    }
    if (!is_field_text(line.substr(colon + 1))) {
      malformed("a field holds control characters");
    }
    head.fields.emplace_back(lower(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
    if (head.fields.size() > static_cast<std::size_t>(limits.header_fields)) {
      throw Refusal(431, "header_too_large",
                    "the header has more than " + std::to_string(limits.header_fields) + " fields");
    }
  }
  if (!rest.empty()) malformed("the header has an empty line in it");
}

/// What may not stand twice: two readers could each take another of them.
void require_single_fields(const RequestHead& head) {
  for (const char* name : {"host", "content-length", "transfer-encoding", "content-type",
                           "content-encoding", "authorization", "origin", "expect"}) {
    const auto count = std::count_if(head.fields.begin(), head.fields.end(),
                                     [&](const auto& field) { return field.first == name; });
    if (count > 1) malformed(std::string("the field ") + name + " stands twice");
  }
}

void read_framing(RequestHead& head) {
  const std::string* length = head.find("content-length");
  const std::string* coding = head.find("transfer-encoding");
  if (length != nullptr && coding != nullptr) {
    malformed("Content-Length and Transfer-Encoding stand together");
  }
  if (coding != nullptr) {
    if (lower(*coding) != "chunked") malformed("the only transfer coding known here is chunked");
    head.chunked = true;
  }
  if (length != nullptr) {
    std::uint64_t value = 0;
    const char* end = length->data() + length->size();
    const auto result = std::from_chars(length->data(), end, value);
    if (length->empty() || length->size() > 18 || result.ec != std::errc() || result.ptr != end) {
      malformed("Content-Length is not a plain number");
    }
    head.content_length = value;
  }
  if (head.has_body() && (head.method == "GET" || head.method == "HEAD")) {
    malformed("a " + head.method + " with a body");
  }
  if (const std::string* connection = head.find("connection")) {
    for (const std::string& word : split_text(lower(*connection), ',')) {
      if (trimmed(word) == "close") head.keep_alive = false;
    }
  }
}

}  // namespace

const std::string* RequestHead::find(std::string_view name) const {
  for (const auto& [key, value] : fields) {
    if (key == name) return &value;
  }
  return nullptr;
}

RequestHead parse_request_head(std::string_view bytes, const HttpLimits& limits) {
  if (bytes.size() > static_cast<std::size_t>(limits.header_bytes)) {
    throw Refusal(431, "header_too_large",
                  "the header is longer than " + std::to_string(limits.header_bytes) + " bytes");
  }
  RequestHead head;
  std::string_view rest = bytes;
  parse_request_line(next_line(rest), head, limits);
  parse_fields(rest, head, limits);
  require_single_fields(head);
  if (head.find("host") == nullptr) malformed("the field Host is missing");
  if (head.find("expect") != nullptr) {
    throw Refusal(417, "expectation_failed", "Expect is not supported; send the body at once");
  }
  read_framing(head);
  return head;
}

bool cannot_be_head(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] == '\0' || (bytes[i] == '\n' && (i == 0 || bytes[i - 1] != '\r'))) return true;
  }
  return false;
}

std::string query_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+') c = ' ';
    if (c == '%') {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
      if (low < 0) malformed("the query holds a broken % escape");
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      malformed("the query holds control characters");
    }
    out += c;
  }
  if (!is_utf8(out)) malformed("the query is not UTF-8");
  return out;
}

}  // namespace xrayclf
