#pragma once

#include <cstdint>
#include <vector>

namespace xrayclf {

/// Rows of features, row-major.
struct FeatureTable {
  std::size_t columns = 0;
  std::vector<float> values;  ///< rows x columns

  std::size_t rows() const { return columns == 0 ? 0 : values.size() / columns; }
  const float* row(std::size_t i) const { return values.data() + i * columns; }
};

struct ForestConfig {
  std::int64_t trees = 100;
  std::int64_t smallest_split = 2;  ///< a node with fewer rows is a leaf
};

/// Extremely randomised trees (Geurts, Ernst and Wehenkel, Machine Learning 63, 2006): at each node
/// the best, by Gini impurity, of sqrt(columns) features at one random threshold each; no
/// bootstrap. It needs no scaling and nothing tuned, which suits a baseline. Tree t draws from
/// derive_seed(seed, {t}).
class RandomForest {
 public:
  /// Learns from the rows named; `labels` (0 ... classes-1) goes with the rows of the table.
  RandomForest(const FeatureTable& table, const std::vector<std::int64_t>& labels,
               std::int64_t classes, const std::vector<std::size_t>& rows, std::uint64_t seed,
               const ForestConfig& config = {});

  /// The class with the highest mean probability over the trees; the lowest index wins a tie.
  std::int64_t predict(const float* features) const;

 private:
  struct Node {
    std::int32_t feature = -1;  ///< -1: a leaf
    float threshold = 0;        ///< left if below
    std::int32_t left = 0;      ///< index of the node; of a leaf, where its probabilities start
    std::int32_t right = 0;
  };
  using Tree = std::vector<Node>;
  class Grower;

  std::int64_t classes_;
  std::vector<Tree> trees_;
  std::vector<float> leaves_;  ///< probabilities of all leaves
};

}  // namespace xrayclf
