#pragma once

#include <map>
#include <string>

#include "xrayclf/report/evidence.hpp"

namespace xrayclf {

/// What the run can say to items of a reporting guideline, by the keys of checklist.hpp. A key
/// without an entry is one that this run cannot answer.
std::map<std::string, std::string> checklist_answers(const Evidence& evidence);

}  // namespace xrayclf
