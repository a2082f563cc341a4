#include "xrayclf/report/html.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <system_error>

#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/base64.hpp"
#include "xrayclf/core/markup.hpp"

namespace xrayclf {

Html::Html(std::string_view text) : markup_(escape_markup(text)) {}

Html Html::markup(std::string text) {
  Html out;
  out.markup_ = std::move(text);
  return out;
}

Html& Html::operator+=(const Html& more) {
  markup_ += more.markup_;
  return *this;
}

namespace html {
namespace {

namespace fs = std::filesystem;

/// Larger drawings go in as pixels.
constexpr std::uintmax_t kLargeSvg = std::uintmax_t{1} << 21;
constexpr std::uintmax_t kLargestPicture = std::uintmax_t{1} << 26;

bool is_number(const Html& cell) {
  const std::string& text = cell.str();
  if (text.empty()) return false;
  const auto first = static_cast<unsigned char>(text[0]);
  const bool sign = text.size() > 1 && (text[0] == '-' || text[0] == '+');
  return std::isdigit(sign ? static_cast<unsigned char>(text[1]) : first) != 0;
}

bool is_file(const fs::path& file) {
  std::error_code error;
  return fs::is_regular_file(file, error);
}

}  // namespace

Html element(std::string_view name, const Html& body, std::string_view attributes) {
  std::string out = "<" + std::string(name);
  if (!attributes.empty()) out += " " + std::string(attributes);
  out += ">" + body.str() + "</" + std::string(name) + ">";
  static constexpr std::array<std::string_view, 5> kInline{"a", "code", "small", "span", "strong"};
  const bool in_a_line = std::find(kInline.begin(), kInline.end(), name) != kInline.end();
  return Html::markup(out + (in_a_line ? "" : "\n"));
}

Html paragraph(const Html& body) { return element("p", body); }
Html heading(const Html& body) { return element("h3", body); }

Html list(const std::vector<Html>& items) {
  Html out;
  for (const Html& item : items) out += element("li", item);
  return out.empty() ? out : element("ul", out);
}

Html table(const Row& header, const std::vector<Row>& rows) {
  if (rows.empty()) return {};
  Html head;
  for (const Html& cell : header) head += element("th", cell, "scope=\"col\"");
  Html body;
  for (const Row& row : rows) {
    Html cells;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i == 0) {
        cells += element("th", row[i], "scope=\"row\"");
      } else {
        cells += element("td", row[i], is_number(row[i]) ? "class=\"number\"" : "");
      }
    }
    body += element("tr", cells);
  }
  Html content;
  if (!header.empty()) content += element("thead", element("tr", head));
  content += element("tbody", body);
  return element("div", element("table", content), "class=\"frame\" tabindex=\"0\"");
}

Html pairs(const std::vector<std::pair<Html, Html>>& rows) {
  Html body;
  for (const auto& [name, value] : rows) {
    if (value.empty()) continue;
    body += element("tr", element("th", name, "scope=\"row\"") + element("td", value));
  }
  if (body.empty()) return body;
  return element("table", element("tbody", body), "class=\"pairs\"");
}

Html details(const Html& summary, const Html& body) {
  return element("details", element("summary", summary) + body);
}

Html image(std::string_view bytes, std::string_view type, std::string_view alt) {
  return Html::markup("<img src=\"data:" + std::string(type) + ";base64," + base64(bytes) +
                      "\" alt=\"" + escape_markup(alt) + "\">");
}

Html figure(const fs::path& folder, const std::string& name, const Html& caption) {
  const fs::path svg = folder / (name + ".svg");
  const fs::path png = folder / (name + ".png");
  std::error_code error;
  Html body;
  if (is_file(svg) && (!is_file(png) || fs::file_size(svg, error) <= kLargeSvg)) {
    body = image(read_file(svg, kLargestPicture), "image/svg+xml", name);
  } else if (is_file(png)) {
    body = image(read_file(png, kLargestPicture), "image/png", name);
  } else if (is_file(folder / (name + ".csv"))) {
    return paragraph(Html("Not drawn: ") + caption + " The data are in " +
                     element("code", (folder / (name + ".csv")).string()) + ".");
  } else {
    return {};
  }
  return element("figure", element("div", body, "class=\"picture\" tabindex=\"0\"") +
                               element("figcaption", caption));
}

}  // namespace html
}  // namespace xrayclf
