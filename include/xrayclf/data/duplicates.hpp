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
/// rule has two steps: the 64-bit hashes differ in at most 12 bits (cheap, lets false ones
/// through), and the thumbnails correlate by at least 0.995 (a copy scaled or compressed to JPEG
/// does, two films of one patient do not). `traits` goes with `records`.
std::vector<NearDuplicate> near_duplicates(const std::vector<Record>& records,
                                           const std::vector<ImageTraits>& traits,
                                           std::int64_t workers);

}  // namespace xrayclf
