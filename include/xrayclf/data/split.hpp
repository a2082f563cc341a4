#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace xrayclf {

/// What a split needs to know of an image.
struct SplitItem {
  std::int64_t label = 0;  ///< class index, from 0
  std::string group;       ///< images of one group (a patient) always stay together
};

/// Deals the items into parts whose sizes go as `weights` (each >= 0, not all 0), stratified by
/// class and whole groups at a time; returns the part of each item.
///
/// Each class's share of each part is aimed at the floor or the ceiling of its exact share, and met
/// exactly where every group is one image. A class of at least as many images as there are parts
/// with a weight gets at least one image in each, if its groups allow. Greedy, large groups first
/// (as scikit-learn's StratifiedGroupKFold), then improved by moving and swapping groups.
///
/// The result depends on the seed and on the set of items, not on their order.
std::vector<std::int64_t> split_by_group(const std::vector<SplitItem>& items,
                                         const std::vector<double>& weights, std::uint64_t seed);

}  // namespace xrayclf
