#include <algorithm>

#include "checklist.hpp"
#include "checklist_answers.hpp"
#include "sections.hpp"

namespace xrayclf {
namespace {

Html answer_cell(const ChecklistItem& item, const std::map<std::string, std::string>& stated,
                 const std::map<std::string, std::string>& known, std::size_t& answered) {
  const auto own = stated.find(item.number);
  const auto found = known.find(item.answer);
  if (own == stated.end() && found == known.end()) {
    return html::element("span", "open", "class=\"open\"");
  }
  ++answered;
  Html out = own != stated.end() ? own->second : found->second;
  const std::string section = item.section;
  if (own == stated.end() && !section.empty()) {
    out += " " + html::element("a", "more", "href=\"#" + section + "\"");
  }
  return out;
}

Section section_of(const std::string& id, const std::string& title, const Html& source,
                   const std::vector<ChecklistItem>& items,
                   const std::map<std::string, std::string>& stated,
                   std::map<std::string, std::string> known,
                   const std::vector<std::string>& anchors) {
  std::vector<html::Row> rows;
  std::size_t answered = 0;
  for (ChecklistItem item : items) {
    // A link needs its section in the page.
    if (std::find(anchors.begin(), anchors.end(), item.section) == anchors.end()) item.section = "";
    rows.push_back({item.number, item.asks, answer_cell(item, stated, known, answered)});
  }
  Section section{id, title, {}};
  section.body =
      html::paragraph(source + " Items in our words; " + std::to_string(answered) + " of " +
                      std::to_string(items.size()) +
                      " have an answer here, the rest are open: only the authors can answer them.");
  section.body += html::table({"Item", "What it asks", "This run"}, rows);
  return section;
}

}  // namespace

Section claim_section(const Evidence& evidence, const std::vector<std::string>& anchors) {
  return section_of(
      "claim", "CLAIM, 2024 update",
      "Tejani AS, Klontzas ME, Gatti AA, et al. Checklist for Artificial Intelligence "
      "in Medical Imaging (CLAIM): 2024 Update. Radiology: Artificial Intelligence "
      "2024;6(4):e240300, doi:10.1148/ryai.240300.",
      claim_items(), evidence.statements.claim, checklist_answers(evidence), anchors);
}

Section tripod_section(const Evidence& evidence, const std::vector<std::string>& anchors) {
  return section_of("tripod", "TRIPOD+AI",
                    "Collins GS, Moons KGM, Dhiman P, et al. TRIPOD+AI statement: updated guidance "
                    "for reporting clinical prediction models that use regression or machine "
                    "learning methods. BMJ 2024;385:e078378, doi:10.1136/bmj-2023-078378.",
                    tripod_ai_items(), evidence.statements.tripod_ai, checklist_answers(evidence),
                    anchors);
}

}  // namespace xrayclf
