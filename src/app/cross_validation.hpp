#pragma once

#include <iosfwd>

#include "xrayclf/app/train.hpp"
#include "xrayclf/data/prepared_set.hpp"

namespace xrayclf {

/// One run for every fold of the data set, tested on that fold and validated on the next one, under
/// config.output/fold-K, then predictions.csv and the report of all folds together. `resumes` goes
/// on with the runs there are. Throws DataError if the set has no folds.
void cross_validate(const TrainConfig& config, const PreparedSet& set, bool resumes,
                    std::ostream& out);

}  // namespace xrayclf
