#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace xrayclf {

/// A piece of HTML. A text that becomes one is escaped on the way, so that names and paths can
/// only ever be read; markup has to say that it is markup.
class Html {
 public:
  Html() = default;
  // NOLINTBEGIN(google-explicit-constructor): escaping must be what happens by itself
  Html(std::string_view text);
  Html(const std::string& text) : Html(std::string_view(text)) {}
  Html(const char* text) : Html(std::string_view(text)) {}
  // NOLINTEND(google-explicit-constructor)
  static Html markup(std::string text);

  Html& operator+=(const Html& more);
  bool empty() const { return markup_.empty(); }
  const std::string& str() const { return markup_; }

 private:
  std::string markup_;
};
inline Html operator+(Html a, const Html& b) { return a += b; }

namespace html {

using Row = std::vector<Html>;

/// <name attributes>body</name>; `attributes` are markup.
Html element(std::string_view name, const Html& body, std::string_view attributes = "");
Html paragraph(const Html& body);
Html heading(const Html& body);  ///< below a section's own
Html list(const std::vector<Html>& items);
/// A table in a frame that scrolls sideways. Cells below a `header` that begin with a digit or a
/// sign stand to the right. Nothing without rows.
Html table(const Row& header, const std::vector<Row>& rows);
/// Two columns: names and values. Pairs with an empty value are left out.
Html pairs(const std::vector<std::pair<Html, Html>>& rows);
/// Hidden on a screen until asked for.
Html details(const Html& summary, const Html& body);

/// A picture whose bytes lie in the page. `type` is "image/png" or "image/svg+xml".
Html image(std::string_view bytes, std::string_view type, std::string_view alt);
/// The figure NAME.svg of a folder, or NAME.png where the SVG is missing or large, with its
/// caption; where neither was drawn, a line that says where the data are; nothing where there are
/// none.
Html figure(const std::filesystem::path& folder, const std::string& name, const Html& caption);

}  // namespace html

/// A part of a page, with a title and an anchor.
struct Section {
  std::string id;
  std::string title;
  Html body;  ///< a section without is left out
};

/// A whole page that needs nothing beside itself, for screens, light and dark, and for paper.
std::string html_page(const std::string& title, const Html& introduction,
                      const std::vector<Section>& sections, const Html& footer);

}  // namespace xrayclf
