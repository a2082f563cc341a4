#include "xrayclf/report/html_report.hpp"

#include <fmt/format.h>

#include "json_view.hpp"
#include "sections.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/evaluation/report.hpp"
#include "xrayclf/report/html.hpp"

namespace xrayclf {
namespace {

constexpr const char* kIntendedUse = "intended_use";

std::string title_of(const Evidence& evidence) {
  if (!evidence.statements.title.empty()) return evidence.statements.title;
  const std::string architecture = text_at(evidence.checkpoint_info, "/network/architecture");
  return "Evaluation of " + (architecture.empty() ? "a classifier" : architecture) +
         " on chest X-rays";
}

Html headline(const Evidence& evidence) {
  Html tiles;
  for (const char* name : {"accuracy", "balanced_accuracy", "auroc_macro", "ece"}) {
    const auto& figure = value_at(evidence.report, std::string("/metrics/") + name);
    if (!is_figure(figure)) continue;
    const std::string text = figure_text(figure);
    const auto bracket = text.find(" (");
    Html tile = html::element("span", label_of(name), "class=\"soft\"");
    tile += html::element("strong", text.substr(0, bracket));
    if (bracket != std::string::npos) {
      tile += html::element("span", text.substr(bracket + 1), "class=\"soft\"");
    }
    tiles += html::element("div", tile);
  }
  return html::element("div", tiles, "class=\"headline\"");
}

Html introduction(const Evidence& evidence) {
  const auto& report = evidence.report;
  const auto samples = value_at(report, "/samples").get<std::int64_t>();
  const auto patients = value_at(report, "/patients").get<std::int64_t>();
  const std::size_t classes = value_at(report, "/classes").size();
  const std::string split = text_at(report, "/provenance/split");
  const double confidence = value_at(report, "/settings/confidence").is_number()
                                ? value_at(report, "/settings/confidence").get<double>()
                                : 0.95;
  Html out = html::element("p", kResearchNotice, "class=\"notice\"");
  out += html::paragraph(
      Html(counted(samples, "image") + " of " + counted(patients, "patient") + " in " +
           std::to_string(classes) + (classes == 1 ? " class" : " classes") +
           (split.empty() ? "" : ", split " + split) + ". ") +
      fmt::format("In brackets: {:g} % confidence intervals.", 100 * confidence));
  out += headline(evidence);
  const std::string& use = evidence.statements.intended_use;
  out += html::element("h2", "Intended use", "id=\"" + std::string(kIntendedUse) + "\"");
  out += html::paragraph(
      use.empty() ? "Research on the classification of chest X-rays into the classes of this "
                    "report. Not intended for diagnosis, triage, screening or any decision about "
                    "a person; not tested for it. Whoever wants more of it has to say what for, "
                    "for whom and by whom, and to test that."
                  : use);
  return out;
}

}  // namespace

std::vector<Section> page_sections(const Evidence& evidence) {
  std::vector<Section> sections = {results_section(evidence), figures_section(evidence)};
  for (Section& section : further_sections(evidence)) sections.push_back(std::move(section));
  for (const auto make : {errors_section, explanations_section, data_section, training_section,
                          environment_section, hashes_section, limits_section}) {
    sections.push_back(make(evidence));
  }
  std::vector<std::string> anchors = {kIntendedUse};
  for (const Section& section : sections) {
    if (!section.body.empty()) anchors.push_back(section.id);
  }
  sections.push_back(claim_section(evidence, anchors));
  sections.push_back(tripod_section(evidence, anchors));
  return sections;
}

std::string html_report(const Evidence& evidence) {
  const std::string version = text_at(evidence.report, "/provenance/versions/xrayclf");
  return html_page(
      title_of(evidence), introduction(evidence), page_sections(evidence),
      html::paragraph(Html("Written by xrayclf" + (version.empty() ? "" : " " + version) +
                           " from the files of the run. ") +
                      kResearchNotice));
}

void write_html_report(const EvidencePaths& paths, const std::filesystem::path& output,
                       const std::filesystem::path& statements) {
  Evidence evidence = Evidence::gather(paths);
  if (!statements.empty()) evidence.statements = Statements::read(statements);
  std::string page;
  try {
    page = html_report(evidence);
  } catch (const nlohmann::json::exception& e) {
    throw DataError("the files of " + printable(paths.evaluation.string()) +
                    ", its run or its data are not as xrayclf writes them: " + e.what());
  }
  write_file(output, page);
}

}  // namespace xrayclf
