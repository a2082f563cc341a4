#include "xrayclf/core/file_names.hpp"

#include <cctype>
#include <string_view>

#include "xrayclf/core/sha256.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

constexpr std::size_t kLongestName = 120;  // bytes; leaves room for a hash below the usual 255

struct SafeName {
  std::string text;
  bool changed = false;
};

/// Letters, digits, '.', '_', '-', '+' and whatever is valid UTF-8 beyond ASCII; never a leading
/// '.' or '-'.
SafeName safe_name(const std::string& name) {
  SafeName safe;
  const bool utf8 = is_utf8(name);
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool keep = byte < 0x80 ? std::isalnum(byte) != 0 ||
                                        std::string_view("._-+").find(c) != std::string_view::npos
                                  : utf8;
    safe.text += keep ? c : '_';
    safe.changed |= !keep;
  }
  if (safe.text.empty() || safe.text.front() == '.' || safe.text.front() == '-') {
    safe.text.insert(0, "_");
    safe.changed = true;
  }
  if (safe.text.size() > kLongestName) {
    std::size_t end = kLongestName;
    while (end > 0 && (static_cast<unsigned char>(safe.text[end]) & 0xC0) == 0x80) --end;
    safe.text.resize(end);
    safe.changed = true;
  }
  return safe;
}

std::string short_hash(const std::string& text) { return "-" + sha256_hex(text).substr(0, 12); }

/// File systems that ignore case must not make two names one.
std::string case_key(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

std::map<std::string, std::string> distinct_names(const std::map<std::string, std::string>& names) {
  std::map<std::string, int> uses;
  for (const auto& entry : names) ++uses[case_key(safe_name(entry.second).text)];
  std::map<std::string, std::string> out;
  for (const auto& [key, name] : names) {
    const SafeName safe = safe_name(name);
    const bool plain = !safe.changed && uses[case_key(safe.text)] == 1;
    out[key] = plain ? safe.text : safe.text + short_hash(key);
  }
  return out;
}

}  // namespace xrayclf
