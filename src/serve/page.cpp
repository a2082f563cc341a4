#include "page.hpp"

#include <string_view>

#include "xrayclf/core/base64.hpp"
#include "xrayclf/core/sha256.hpp"

namespace xrayclf {

// Made from src/serve/page/ by the build.
extern const std::string_view page_html;
extern const std::string_view page_style;
extern const std::string_view page_script;

namespace {

void replace(std::string& text, std::string_view mark, std::string_view content) {
  text.replace(text.find(mark), mark.size(), content);
}

std::string hash_source(std::string_view content) {
  const std::string hex = sha256_hex(content);
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return "'sha256-" + base64(bytes) + "'";
}

}  // namespace

const std::string& page() {
  static const std::string text = [] {
    std::string out(page_html);
    replace(out, "/*STYLE*/", page_style);
    replace(out, "/*SCRIPT*/", page_script);
    return out;
  }();
  return text;
}

const std::string& page_policy() {
  static const std::string policy =
      "default-src 'self'; script-src " + hash_source(page_script) + "; style-src " +
      hash_source(page_style) +
      "; img-src 'self' blob: data:; connect-src 'self'; object-src 'none'; base-uri 'none'; "
      "form-action 'none'; frame-ancestors 'none'";
  return policy;
}

}  // namespace xrayclf
