#include "xrayclf/figures/fonts.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <memory>

#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

constexpr char32_t kFirstUnsure = 0x250;
/// General punctuation, which every font of ours has: quotes, dashes, the ellipsis of long names.
constexpr std::pair<char32_t, char32_t> kPunctuation{0x2010, 0x2027};

/// The character that begins at `at` and its length; text is well-formed UTF-8.
std::pair<char32_t, std::size_t> character(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned lead = byte(0);
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  char32_t code = length == 1 ? lead : lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) code = code << 6 | (byte(i) & 0x3FU);
  return {code, length};
}

bool is_sure(char32_t code) {
  return code < kFirstUnsure || (code >= kPunctuation.first && code <= kPunctuation.second);
}

bool holds(const CodePoints& ranges, char32_t code) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const auto& range) {
    return range.first <= code && code <= range.second;
  });
}

/// What the installed fonts hold together; asked once.
const CodePoints& installed() {
  static const CodePoints points = [] {
    std::string output;
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> list(
        ::popen("fc-list --format '%{charset}\\n' 2>/dev/null", "re"), ::pclose);
    std::array<char, 4096> piece{};
    while (list != nullptr) {
      const std::size_t size = std::fread(piece.data(), 1, piece.size(), list.get());
      if (size == 0) break;
      output.append(piece.data(), size);
    }
    CodePoints all = parse_code_points(output);
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  }();
  return points;
}

}  // namespace

CodePoints parse_code_points(std::string_view text) {
  CodePoints out;
  const auto number = [](std::string_view digits, char32_t& value) {
    std::uint32_t parsed = 0;
    const char* const end = digits.data() + digits.size();
    const auto result = std::from_chars(digits.data(), end, parsed, 16);
    value = parsed;
    return result.ec == std::errc() && result.ptr == end;
  };
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
    const std::string_view range = text.substr(at, end - at);
    const std::size_t dash = range.find('-');
    char32_t first = 0;
    char32_t last = 0;
    if (number(range.substr(0, dash), first) &&
        number(dash == std::string_view::npos ? range : range.substr(dash + 1), last)) {
      out.emplace_back(first, last);
    }
    at = end + 1;
  }
  return out;
}

std::string with_characters_of(std::string_view utf8, const CodePoints& drawable) {
  std::string out;
  for (std::size_t i = 0; i < utf8.size();) {
    const auto [code, length] = character(utf8, i);
    if (is_sure(code) || holds(drawable, code)) {
      out += utf8.substr(i, length);
    } else {
      out += '?';
    }
    i += length;
  }
  return out;
}

std::string with_drawable_characters(std::string_view utf8) {
  if (!is_utf8(utf8)) return std::string(utf8);
  for (std::size_t i = 0; i < utf8.size();) {
    const auto [code, length] = character(utf8, i);
    if (!is_sure(code)) return with_characters_of(utf8, installed());
    i += length;
  }
  return std::string(utf8);
}

}  // namespace xrayclf
