#include "xrayclf/data/random_forest.hpp"

#include <algorithm>
#include <cmath>

#include "xrayclf/core/random.hpp"

namespace xrayclf {

/// Grows one tree, splitting the list of rows in place.
class RandomForest::Grower {
 public:
  Grower(const FeatureTable& table, const std::vector<std::int64_t>& labels, std::int64_t classes,
         std::vector<std::size_t> rows, std::uint64_t seed, const ForestConfig& config,
         std::vector<float>& leaves)
      : table_(table),
        labels_(labels),
        classes_(static_cast<std::size_t>(classes)),
        rows_(std::move(rows)),
        random_(seed),
        smallest_split_(static_cast<std::size_t>(config.smallest_split)),
        leaves_(leaves) {
    for (std::size_t c = 0; c < table.columns; ++c) columns_.push_back(c);
    tries_ = std::max<std::size_t>(
        1, static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(table.columns)))));
  }

  Tree grow() {
    Tree tree(1);
    struct Task {
      std::size_t node, begin, end;
    };
    std::vector<Task> tasks{{0, 0, rows_.size()}};
    while (!tasks.empty()) {
      const Task task = tasks.back();
      tasks.pop_back();
      const Split split = best_split(task.begin, task.end);
      if (split.feature < 0) {
        tree[task.node].left = add_leaf(task.begin, task.end);
        continue;
      }
      const auto begin = rows_.begin() + static_cast<std::ptrdiff_t>(task.begin);
      const auto end = rows_.begin() + static_cast<std::ptrdiff_t>(task.end);
      const auto middle = std::partition(begin, end, [&](std::size_t row) {
        return table_.row(row)[split.feature] < split.threshold;
      });
      const auto cut = static_cast<std::size_t>(middle - rows_.begin());
      const std::size_t left = tree.size();
      tree[task.node] = {split.feature, split.threshold, static_cast<std::int32_t>(left),
                         static_cast<std::int32_t>(left + 1)};
      tree.resize(left + 2);
      tasks.push_back({left, task.begin, cut});
      tasks.push_back({left + 1, cut, task.end});
    }
    return tree;
  }

 private:
  struct Split {
    std::int32_t feature = -1;
    float threshold = 0;
  };

  bool is_pure(std::size_t begin, std::size_t end) const {
    for (std::size_t i = begin + 1; i < end; ++i) {
      if (labels_[rows_[i]] != labels_[rows_[begin]]) return false;
    }
    return true;
  }

  /// As good as the weighted Gini impurity: the sum of squared class counts over the size, of both
  /// sides.
  double purity(std::size_t begin, std::size_t end, std::size_t feature, float threshold) {
    left_.assign(classes_, 0);
    right_.assign(classes_, 0);
    for (std::size_t i = begin; i < end; ++i) {
      auto& side = table_.row(rows_[i])[feature] < threshold ? left_ : right_;
      ++side[static_cast<std::size_t>(labels_[rows_[i]])];
    }
    double value = 0;
    for (const auto* side : {&left_, &right_}) {
      double size = 0;
      double squares = 0;
      for (const std::int64_t count : *side) {
        size += static_cast<double>(count);
        squares += static_cast<double>(count) * static_cast<double>(count);
      }
      if (size > 0) value += squares / size;
    }
    return value;
  }

  Split best_split(std::size_t begin, std::size_t end) {
    Split best;
    if (end - begin < smallest_split_ || is_pure(begin, end)) return best;
    double best_purity = -1;
    std::size_t tried = 0;
    // Features in random order; those that are constant here do not count as tried.
    for (std::size_t i = 0; i < columns_.size() && tried < tries_; ++i) {
      std::swap(columns_[i],
                columns_[i + static_cast<std::size_t>(random_.below(columns_.size() - i))]);
      const std::size_t feature = columns_[i];
      float low = table_.row(rows_[begin])[feature];
      float high = low;
      for (std::size_t r = begin + 1; r < end; ++r) {
        const float value = table_.row(rows_[r])[feature];
        low = std::min(low, value);
        high = std::max(high, value);
      }
      if (low == high) continue;
      ++tried;
      // In (low, high], so that neither side is empty.
      const auto threshold = std::clamp(
          static_cast<float>(high - random_.uniform() * (static_cast<double>(high) - low)),
          std::nextafter(low, high), high);
      const double value = purity(begin, end, feature, threshold);
      if (value > best_purity) {
        best_purity = value;
        best = {static_cast<std::int32_t>(feature), threshold};
      }
    }
    return best;
  }

  std::int32_t add_leaf(std::size_t begin, std::size_t end) {
    const std::size_t start = leaves_.size();
    leaves_.resize(start + classes_, 0.0F);
    const float share = 1.0F / static_cast<float>(end - begin);
    for (std::size_t i = begin; i < end; ++i) {
      leaves_[start + static_cast<std::size_t>(labels_[rows_[i]])] += share;
    }
    return static_cast<std::int32_t>(start);
  }

  const FeatureTable& table_;
  const std::vector<std::int64_t>& labels_;
  std::size_t classes_;
  std::vector<std::size_t> rows_;
  Random random_;
  std::size_t smallest_split_;
  std::vector<float>& leaves_;
  std::vector<std::size_t> columns_;
  std::size_t tries_ = 1;
  std::vector<std::int64_t> left_, right_;
};

RandomForest::RandomForest(const FeatureTable& table, const std::vector<std::int64_t>& labels,
                           std::int64_t classes, const std::vector<std::size_t>& rows,
                           std::uint64_t seed, const ForestConfig& config)
    : classes_(classes) {
  for (std::int64_t t = 0; t < config.trees; ++t) {
    const std::uint64_t tree_seed = derive_seed(seed, {static_cast<std::uint64_t>(t)});
    trees_.push_back(Grower(table, labels, classes, rows, tree_seed, config, leaves_).grow());
  }
}

std::int64_t RandomForest::predict(const float* features) const {
  std::vector<double> votes(static_cast<std::size_t>(classes_), 0.0);
  for (const Tree& tree : trees_) {
    const Node* node = tree.data();
    while (node->feature >= 0) {
      node = &tree[static_cast<std::size_t>(
          features[node->feature] < node->threshold ? node->left : node->right)];
    }
    for (std::size_t c = 0; c < votes.size(); ++c) {
      votes[c] += leaves_[static_cast<std::size_t>(node->left) + c];
    }
  }
  return std::max_element(votes.begin(), votes.end()) - votes.begin();
}

}  // namespace xrayclf
