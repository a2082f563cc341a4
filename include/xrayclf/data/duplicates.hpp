#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "xrayclf/data/image_traits.hpp"
#include "xrayclf/data/manifest.hpp"

namespace xrayclf {

/// Two images that look the same but are not the same file or pixels: a copy that was resized,
/// re-encoded or brightened.
struct NearDuplicate {
  std::size_t first = 0;  ///< indices into the records, first < second
  std::size_t second = 0;
  double correlation = 0;  ///< of the 64 x 64 thumbnails
};

/// Clusters of at least two records with the same source file or the same prepared pixels; indices
/// rising.
std::vector<std::vector<std::size_t>> exact_duplicates(const std::vector<Record>& records);

/// Pairs of near-duplicates that are no exact ones, by index. Chest films all look alike, so the
/// rule has two steps: the 64-bit hashes differ in at most 12 bits (cheap, but lets one pair of
/// unlike films in ten through), and the thumbnails correlate by at least 0.95. Of 10.9 million
/// pairs of different films in two public sets none reached 0.94; copies at 35 to 150 % of the
/// size, as JPEG of quality 20 or brightened stay above 0.97, a copy cropped by 1 % on each side
/// usually above 0.96, one cropped by 3 % is mostly missed. `traits` goes with `records`.
std::vector<NearDuplicate> near_duplicates(const std::vector<Record>& records,
                                           const std::vector<ImageTraits>& traits,
                                           std::int64_t workers);

}  // namespace xrayclf
