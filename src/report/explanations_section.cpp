#include "json_view.hpp"
#include "sections.hpp"

namespace xrayclf {

Section explanations_section(const Evidence& evidence) {
  Section section{"explanations", "What the network looks at", {}};
  const auto& summary = evidence.explanations;
  if (summary.is_null()) return section;
  section.body +=
      html::pairs({{"Directory", html::element("code", evidence.paths.explanations.string())},
                   {"Method", text_at(summary, "/method")},
                   {"Layer", text_at(summary, "/layer")},
                   {"Score", text_at(summary, "/score")},
                   {"Images", text_at(summary, "/images")},
                   {"Failed", text_at(summary, "/failed")}});
  for (const auto& figure : value_at(summary, "/figures")) {
    const std::filesystem::path file = text_at(figure, "/file");
    section.body +=
        html::figure(evidence.paths.explanations / file.parent_path(), file.stem().string(),
                     text_at(figure, "/title") + ". " + text_at(figure, "/alt"));
  }
  std::vector<Html> findings;
  for (const auto& finding : value_at(summary, "/quality")) findings.push_back(json_view(finding));
  if (!findings.empty()) {
    section.body += html::heading("Whether the maps can be believed") + html::list(findings);
  }
  return section;
}

}  // namespace xrayclf
