#include "xrayclf/training/examples.hpp"

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

namespace xrayclf {
namespace {

std::vector<std::int64_t> flatten(const std::vector<std::vector<std::int64_t>>& batches) {
  std::vector<std::int64_t> all;
  for (const auto& batch : batches) all.insert(all.end(), batch.begin(), batch.end());
  return all;
}

TEST(ExamplesTest, BatchesHoldEveryExampleOnceInAnOrderOfTheEpoch) {
  const auto first = flatten(shuffled_batches(101, 32, 1, 1));
  auto sorted = first;
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::int64_t> all(101);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(sorted, all);
  EXPECT_NE(first, all);
  EXPECT_EQ(first, flatten(shuffled_batches(101, 32, 1, 1)));
  EXPECT_NE(first, flatten(shuffled_batches(101, 32, 1, 2)));
  EXPECT_NE(first, flatten(shuffled_batches(101, 32, 2, 1)));
}

TEST(ExamplesTest, TheReferenceStudyHasThreeHundredTwentyNineSteps) {
  const auto batches = shuffled_batches(10500, 32, 1, 1);
  EXPECT_EQ(batches.size(), 329u);
  EXPECT_EQ(batches.back().size(), 4u);
}

TEST(ExamplesTest, ALoneLastExampleJoinsTheBatchBefore) {
  const auto batches = shuffled_batches(65, 32, 1, 1);
  ASSERT_EQ(batches.size(), 2u);
  EXPECT_EQ(batches[1].size(), 33u);
}

TEST(ExamplesTest, CachedInputsAreTheRowsAskedFor) {
  CachedExamples examples(torch::arange(8, torch::kFloat32).view({4, 2}), {0, 1, 0, 1});
  EXPECT_TRUE(
      torch::equal(examples.inputs(1, {2, 0}), torch::tensor({{4.0f, 5.0f}, {0.0f, 1.0f}})));
}

}  // namespace
}  // namespace xrayclf
