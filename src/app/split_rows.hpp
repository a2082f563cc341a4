#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "xrayclf/app/train.hpp"
#include "xrayclf/data/prepared_set.hpp"

namespace xrayclf {

/// Indices into the set's records of the images that train, validate or test a run: those of the
/// split of that name, or by folds where config.test_fold is set. Throws DataError if there is
/// none, and as assign_split_by_fold().
std::vector<std::size_t> rows_of(const PreparedSet& set, const TrainConfig& config,
                                 std::string_view split);

}  // namespace xrayclf
