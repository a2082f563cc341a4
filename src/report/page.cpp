#include "style.hpp"
#include "xrayclf/report/html.hpp"

namespace xrayclf {

std::string html_page(const std::string& title, const Html& introduction,
                      const std::vector<Section>& sections, const Html& footer) {
  std::vector<Html> links;
  Html body;
  for (const Section& section : sections) {
    if (section.body.empty()) continue;
    const std::string id = Html(section.id).str();
    links.push_back(html::element("a", section.title, "href=\"#" + id + "\""));
    body += html::element("section", html::element("h2", section.title) + section.body,
                          "id=\"" + id + "\"");
  }
  // The policy keeps a browser from fetching anything, whatever stands in the page.
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
      "style-src 'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  out += html::element("title", title).str();
  out += "<style>" + std::string(kStyle) + "</style>\n</head>\n<body>\n";
  out += html::element("header", html::element("h1", title) + introduction).str();
  out += html::element("nav", html::list(links), "aria-label=\"Contents\"").str();
  out += html::element("main", body).str();
  out += html::element("footer", footer).str();
  return out + "</body>\n</html>\n";
}

}  // namespace xrayclf
