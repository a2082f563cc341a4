#include "xrayclf/data/random_forest.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "xrayclf/core/random.hpp"

namespace xrayclf {
namespace {

/// Two informative features among ten: the class is the exclusive or of their signs.
struct Problem {
  FeatureTable table;
  std::vector<std::int64_t> labels;

  explicit Problem(std::size_t rows) {
    Random random(3);
    table.columns = 10;
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t c = 0; c < 10; ++c) {
        table.values.push_back(static_cast<float>(random.uniform(-1, 1)));
      }
      labels.push_back((table.row(i)[2] < 0) != (table.row(i)[7] < 0) ? 1 : 0);
    }
  }
};

std::vector<std::size_t> range(std::size_t begin, std::size_t end) {
  std::vector<std::size_t> out;
  for (std::size_t i = begin; i < end; ++i) out.push_back(i);
  return out;
}

TEST(RandomForestTest, LearnsWhatNoLinearClassifierCan) {
  const Problem problem(1000);
  const RandomForest forest(problem.table, problem.labels, 2, range(0, 700), 1);
  int correct = 0;
  for (std::size_t i = 700; i < 1000; ++i) {
    correct += forest.predict(problem.table.row(i)) == problem.labels[i] ? 1 : 0;
  }
  EXPECT_GE(correct, 240) << "of 300; a coin has 150";
  for (std::size_t i = 0; i < 700; ++i) {
    EXPECT_EQ(forest.predict(problem.table.row(i)), problem.labels[i]) << "grown to pure leaves";
  }
}

TEST(RandomForestTest, IsAFunctionOfTheSeed) {
  const Problem problem(300);
  const auto predictions = [&](std::uint64_t seed) {
    const RandomForest forest(problem.table, problem.labels, 2, range(0, 100), seed, {5, 2});
    std::vector<std::int64_t> out;
    for (std::size_t i = 100; i < 300; ++i) out.push_back(forest.predict(problem.table.row(i)));
    return out;
  };
  EXPECT_EQ(predictions(1), predictions(1));
  EXPECT_NE(predictions(1), predictions(2));
}

TEST(RandomForestTest, NamesTheLargestClassWhereNoFeatureTells) {
  FeatureTable table{1, std::vector<float>(10, 4.0F)};
  const std::vector<std::int64_t> labels{0, 1, 1, 1, 0, 1, 2, 1, 1, 1};
  const RandomForest forest(table, labels, 3, range(0, 10), 1);
  const float same = 4.0F;
  EXPECT_EQ(forest.predict(&same), 1);
}

}  // namespace
}  // namespace xrayclf
