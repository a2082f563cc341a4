#pragma once

#include <string>
#include <vector>

namespace xrayclf {

/// One item of a reporting guideline, in our words.
struct ChecklistItem {
  const char* number;
  const char* asks;
  const char* answer;   ///< key of checklist_answers(); "" where only the authors can say
  const char* section;  ///< of the page, for more; "" for none
};

/// Items 1 to 44 of CLAIM: Tejani et al., Checklist for Artificial Intelligence in Medical Imaging
/// (CLAIM): 2024 Update, Radiology: Artificial Intelligence 6(4), 2024, e240300,
/// doi:10.1148/ryai.240300.
const std::vector<ChecklistItem>& claim_items();

/// Items 1 to 27c of TRIPOD+AI: Collins et al., BMJ 385, 2024, e078378,
/// doi:10.1136/bmj-2023-078378.
const std::vector<ChecklistItem>& tripod_ai_items();

}  // namespace xrayclf
