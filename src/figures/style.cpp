#include "xrayclf/figures/style.hpp"

#include <array>
#include <cstdio>
#include <vector>

#include <nlohmann/json.hpp>

namespace xrayclf {
namespace {

constexpr std::array<Colour, 7> kOkabeIto = {{{0x00, 0x72, 0xB2},
                                              {0xD5, 0x5E, 0x00},
                                              {0x00, 0x9E, 0x73},
                                              {0xCC, 0x79, 0xA7},
                                              {0xE6, 0x9F, 0x00},
                                              {0x00, 0x00, 0x00},
                                              {0x56, 0xB4, 0xE9}}};

/// One character: its bytes and its columns.
struct Character {
  std::string bytes;
  std::size_t columns = 1;
};

char32_t code_point(const std::string& bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  switch (bytes.size()) {
    case 1:
      return byte(0);
    case 2:
      return (byte(0) & 0x1FU) << 6 | (byte(1) & 0x3FU);
    case 3:
      return (byte(0) & 0x0FU) << 12 | (byte(1) & 0x3FU) << 6 | (byte(2) & 0x3FU);
    default:
      return (byte(0) & 0x07U) << 18 | (byte(1) & 0x3FU) << 12 | (byte(2) & 0x3FU) << 6 |
             (byte(3) & 0x3FU);
  }
}

/// The large blocks of the property East_Asian_Width (Unicode 15).
bool is_wide(char32_t c) {
  return (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) ||
         (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
         (c >= 0x1F300 && c <= 0x1FAFF) || (c >= 0x20000 && c <= 0x3FFFD);
}

/// Controls, line and paragraph separators, and marks that turn the direction of text around.
bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

std::vector<Character> characters(std::string_view name) {
  const std::string text =
      nlohmann::json::parse(
          nlohmann::json(name).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace))
          .get<std::string>();
  std::vector<Character> out;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    const std::string bytes = text.substr(i, size);
    const char32_t c = code_point(bytes);
    if (is_control(c)) {
      out.push_back({" ", 1});
    } else {
      out.push_back({bytes, is_wide(c) ? 2U : 1U});
    }
    i += size;
  }
  return out;
}

/// gnuplot 5.4 reads two quotes at the start of a text as an empty text and goes on behind it with
/// what follows as its own commands, so doubling a name's quotes does not hold. Their typographic
/// twin does.
std::string quoted(std::string_view text, bool double_per_cent) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "\xE2\x80\x99";
    } else {
      out += c;
    }
    if (double_per_cent && c == '%') out += c;
  }
  return out + "'";
}

}  // namespace

Colour series_colour(std::size_t index) { return kOkabeIto[index % kOkabeIto.size()]; }

int dash_type(std::size_t index) { return 1 + static_cast<int>(index / kOkabeIto.size() % 3); }

std::string gnuplot_colour(Colour colour) {
  std::array<char, 10> text{};
  std::snprintf(text.data(), text.size(), "'#%02X%02X%02X'", colour.red, colour.green, colour.blue);
  return text.data();
}

std::size_t display_columns(std::string_view name) {
  std::size_t columns = 0;
  for (const Character& c : characters(name)) columns += c.columns;
  return columns;
}

std::string display_name(std::string_view name, std::size_t width) {
  const std::vector<Character> all = characters(name);
  const std::size_t columns = display_columns(name);
  std::string out;
  if (columns <= width) {
    for (const Character& c : all) out += c.bytes;
    return out;
  }
  const std::size_t head = (width - 1) * 2 / 3;
  const std::size_t tail = width - 1 - head;
  std::size_t used = 0;
  for (std::size_t i = 0; i < all.size() && used + all[i].columns <= head; ++i) {
    out += all[i].bytes;
    used += all[i].columns;
  }
  std::size_t first = all.size();
  for (used = 0; first > 0 && used + all[first - 1].columns <= tail; --first) {
    used += all[first - 1].columns;
  }
  out += "\xE2\x80\xA6";
  for (; first < all.size(); ++first) out += all[first].bytes;
  return out;
}

std::string gnuplot_text(std::string_view text) { return quoted(text, false); }
std::string gnuplot_tic(std::string_view text) { return quoted(text, true); }

}  // namespace xrayclf
