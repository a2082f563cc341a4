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

std::vector<std::vector<std::int64_t>> batches_of(std::size_t count, std::uint64_t seed,
                                                  std::int64_t epoch) {
  return epoch_batches(std::vector<std::int64_t>(count, 0), 32, Sampler::shuffled, seed, epoch);
}

TEST(ExamplesTest, BatchesHoldEveryExampleOnceInAnOrderOfTheEpoch) {
  const auto first = flatten(batches_of(101, 1, 1));
  auto sorted = first;
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::int64_t> all(101);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(sorted, all);
  EXPECT_NE(first, all);
  EXPECT_EQ(first, flatten(batches_of(101, 1, 1)));
  EXPECT_NE(first, flatten(batches_of(101, 1, 2)));
  EXPECT_NE(first, flatten(batches_of(101, 2, 1)));
}

TEST(ExamplesTest, TheReferenceStudyHasThreeHundredTwentyNineSteps) {
  const auto batches = batches_of(10500, 1, 1);
  EXPECT_EQ(batches.size(), 329u);
  EXPECT_EQ(batches.back().size(), 4u);
}

TEST(ExamplesTest, ALoneLastExampleJoinsTheBatchBefore) {
  const auto batches = batches_of(65, 1, 1);
  ASSERT_EQ(batches.size(), 2u);
  EXPECT_EQ(batches[1].size(), 33u);
}

TEST(ExamplesTest, CachedInputsAreTheRowsAskedFor) {
  CachedExamples examples(torch::arange(8, torch::kFloat32).view({4, 2}), {0, 1, 0, 1});
  EXPECT_TRUE(
      torch::equal(examples.inputs(1, {2, 0}), torch::tensor({{4.0f, 5.0f}, {0.0f, 1.0f}})));
}

TEST(ExamplesTest, CachedViewsTakeTurns) {
  CachedExamples examples(torch::arange(6, torch::kFloat32).view({6, 1}), {0, 1});  // three views
  EXPECT_EQ(examples.size(), 2);
  for (std::int64_t epoch = 1; epoch <= 6; ++epoch) {
    EXPECT_EQ(examples.inputs(epoch, {1}).item<float>(), static_cast<float>(epoch % 3 * 2 + 1));
  }
}

TEST(ExamplesTest, TheBalancedSamplerShowsEveryClassEquallyOften) {
  std::vector<std::int64_t> targets(3000, 0);
  for (std::size_t i = 0; i < 300; ++i) targets[i] = 1;
  int rare = 0;
  for (const auto i : flatten(epoch_batches(targets, 32, Sampler::balanced, 1, 1))) rare += i < 300;
  EXPECT_NEAR(rare, 1500, 150);  // 5.5 standard deviations
}

}  // namespace
}  // namespace xrayclf
