#pragma once

#include <string>
#include <vector>

#include "xrayclf/report/evidence.hpp"
#include "xrayclf/report/html.hpp"

/// The parts of the page, each a function of the evidence alone. A new one is a function here, a
/// line in page_sections(), and its file.
namespace xrayclf {

Section data_section(const Evidence& evidence);
Section training_section(const Evidence& evidence);
Section results_section(const Evidence& evidence);
Section figures_section(const Evidence& evidence);
/// Parts of report.json that no other section shows: one section each, as tables.
std::vector<Section> further_sections(const Evidence& evidence);
/// Maps of xrayclf gradcam, with their quality.
Section explanations_section(const Evidence& evidence);
Section errors_section(const Evidence& evidence);
Section environment_section(const Evidence& evidence);
Section hashes_section(const Evidence& evidence);
Section limits_section(const Evidence& evidence);
/// `anchors`: ids in the page that items may point to.
Section claim_section(const Evidence& evidence, const std::vector<std::string>& anchors);
Section tripod_section(const Evidence& evidence, const std::vector<std::string>& anchors);

/// All of them, in the order of the page.
std::vector<Section> page_sections(const Evidence& evidence);

}  // namespace xrayclf
