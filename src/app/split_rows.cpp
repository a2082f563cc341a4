#include "app/split_rows.hpp"

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/data/assign_split.hpp"

namespace xrayclf {

std::vector<std::size_t> rows_of(const PreparedSet& set, const TrainConfig& config,
                                 std::string_view split) {
  if (config.test_fold == 0) return set.split(split);
  std::vector<Record> records = set.records;
  assign_split_by_fold(records, set.classes,
                       {config.test_fold, config.validation_fold, config.validation_share},
                       static_cast<std::uint64_t>(config.seed));
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (records[i].split == split) rows.push_back(i);
  }
  if (rows.empty()) {
    throw DataError(printable(set.root.string()) + ": no image in " + std::string(split) +
                    " by its folds");
  }
  return rows;
}

}  // namespace xrayclf
