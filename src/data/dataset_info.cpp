#include "xrayclf/data/dataset_info.hpp"

namespace xrayclf {

ClassCounts count_classes(const std::vector<Record>& records) {
  ClassCounts counts;
  for (const Record& record : records) ++counts[record.split][record.label];
  return counts;
}

}  // namespace xrayclf
