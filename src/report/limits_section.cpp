#include <fmt/format.h>

#include "sections.hpp"

namespace xrayclf {

Section limits_section(const Evidence& evidence) {
  const auto& report = evidence.report;
  std::vector<Html> items;
  const bool own_split = !value_at(report, "/provenance/split").is_null();
  items.emplace_back(own_split ? "No test on data of another source: the test images come from the "
                                 "data set that the training images come from."
                               : "Where the predicted images come from is not known here.");
  items.emplace_back("No test in use, no readers, no comparison with the care of today.");
  if (text_at(report, "/provenance/split") == "validation" ||
      text_at(report, "/provenance/split") == "train") {
    items.emplace_back("The evaluated images had a part in making the model: no independent test.");
  }
  if (value_at(report, "/calibration").is_null()) {
    items.emplace_back("Probabilities were not recalibrated.");
  }
  if (value_at(report, "/operating_points").is_null()) {
    items.emplace_back(
        "No operating points: decisions are for the largest probability, whatever errors cost.");
  }
  if (value_at(report, "/subgroups").is_null()) {
    items.emplace_back("No analysis of subgroups, hence none of fairness.");
  }
  if (evidence.explanations.is_null()) {
    items.emplace_back("No look at what the network looks at.");
  }
  if (value_at(evidence.audit, "/shortcut_baselines/baselines").empty()) {
    items.emplace_back("No shortcut baselines: what the network adds to them is not known.");
  }
  if (evidence.dataset.is_null()) {
    items.emplace_back("The data set's own audit was not at hand.");
  } else if (value_at(evidence.dataset, "/leaks_allowed") == true) {
    items.emplace_back("Leaks between the parts of the data were allowed.");
  }
  const auto& alone = value_at(evidence.dataset, "/patients/images_alone");
  if (alone.is_number() && alone.get<std::int64_t>() > 0) {
    items.emplace_back(fmt::format(
        "The patient of {} images is not known: films of one patient may be in two parts.",
        alone.get<std::int64_t>()));
  }
  if (value_at(report, "/settings/bootstrap_samples") == 0) {
    items.emplace_back("No bootstrap: figures without a formula for it have no interval.");
  }
  items.emplace_back("One run, one seed: how results vary with the seed is not in the intervals.");
  items.emplace_back("Labels were taken as they came; their errors are not in the intervals.");
  return {"limits", "What was not done", html::list(items)};
}

}  // namespace xrayclf
