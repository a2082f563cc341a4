#pragma once

#include <cctype>
#include <string>
#include <string_view>
#include <vector>

namespace xrayclf::testing_support {

/// Why a page is not well-formed, or "": every element is closed in order (but those that have no
/// content), attributes are quoted, no "<" stands in a text, and ids are there once.
inline std::string markup_fault(std::string_view page) {
  std::vector<std::string> open;
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < page.size();) {
    if (page[i] != '<') {
      ++i;
      continue;
    }
    const std::string place = " at " + std::string(page.substr(i, 60));
    if (page.substr(i, 2) == "<!") {
      i = page.find('>', i) + 1;
      continue;
    }
    const bool closes = page.substr(i, 2) == "</";
    std::size_t at = i + (closes ? 2 : 1);
    std::string name;
    while (at < page.size() && std::isalnum(static_cast<unsigned char>(page[at]))) {
      name += page[at++];
    }
    if (name.empty()) return "a bare <" + place;
    while (at < page.size() && page[at] != '>') {
      if (page[at] == '<') return "< in a tag" + place;
      if (page[at] == '"') {
        const std::size_t end = page.find('"', at + 1);
        if (end == std::string_view::npos) return "an open quote" + place;
        if (page.substr(at - 3, 3) == "id=" && page[at - 4] == ' ') {
          const std::string id(page.substr(at + 1, end - at - 1));
          for (const std::string& other : ids) {
            if (id == other) return "id twice: " + id;
          }
          ids.push_back(id);
        }
        at = end;
      }
      ++at;
    }
    if (at >= page.size()) return "an open tag" + place;
    i = at + 1;
    if (closes) {
      if (open.empty() || open.back() != name) return "closes otherwise" + place;
      open.pop_back();
    } else if (name != "meta" && name != "img" && name != "br") {
      open.push_back(name);
      if (name == "style") i = page.find("</style>", i);
    }
  }
  return open.empty() ? "" : "not closed: " + open.back();
}

}  // namespace xrayclf::testing_support
