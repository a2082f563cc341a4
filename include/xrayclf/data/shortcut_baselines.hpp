#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "xrayclf/data/image_traits.hpp"
#include "xrayclf/data/manifest.hpp"
#include "xrayclf/image/codec.hpp"

namespace xrayclf {

/// What the file of an image gives away without a look at the picture.
struct FileTraits {
  std::int64_t bytes = 0;
  ImageInfo info;
};

/// How well the class can be told without looking for disease.
struct ShortcutBaseline {
  std::string name;      ///< "metadata", "histogram", "border", "thumbnail"
  std::string features;  ///< in words
  std::int64_t correct = 0;
  double accuracy = 0;  ///< cross-validated
};

struct ShortcutBaselines {
  std::int64_t images = 0;
  std::int64_t folds = 0;  ///< 0: too few patients for a cross-validation
  double majority = 0;     ///< accuracy of always naming the largest class
  std::vector<ShortcutBaseline> baselines;
};

/// Cross-validated accuracy of a forest of extremely randomised trees on four kinds of shallow
/// features. An accuracy of a network is worth what it adds to these. Folds keep `groups`
/// (patients) whole and classes balanced; above 5,000 images a random 5,000 of them are used,
/// patients whole. Deterministic in `seed`, for any number of workers.
ShortcutBaselines shortcut_baselines(const std::vector<Record>& records,
                                     const std::vector<std::string>& classes,
                                     const std::vector<std::string>& groups,
                                     const std::vector<ImageTraits>& images,
                                     const std::vector<FileTraits>& files, std::uint64_t seed,
                                     std::int64_t workers);

}  // namespace xrayclf
