#include "xrayclf/training/fresh_examples.hpp"

#include <sched.h>

#include <atomic>
#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "support/tiny_network.hpp"
#include "xrayclf/core/parallel.hpp"

namespace xrayclf {
namespace {

using Indices = std::vector<std::int64_t>;

class FreshExamplesTest : public ::testing::Test {
 protected:
  FreshExamplesTest() : network_(testing::tiny_network()) { network_->eval(); }

  FreshExamples examples(std::uint64_t seed = 1, std::chrono::milliseconds reading = {},
                         std::int64_t cut = 0) {
    const Indices targets = {0, 1, 2, 0, 1, 2, 0, 1};
    AugmentConfig config;
    config.preset = AugmentPreset::chest;
    return {*network_,
            cut,
            InputSpec{},
            targets,
            [this, reading](std::int64_t i) {
              ++reads_;
              std::this_thread::sleep_for(reading);
              return testing::tiny_image(static_cast<int>(i), 64);
            },
            Augmenter(config),
            seed,
            PrefixOptions{}};
  }

  std::shared_ptr<Network> network_;
  std::atomic<int> reads_ = 0;
};

TEST_F(FreshExamplesTest, AViewIsAFunctionOfSeedEpochAndIndexAlone) {
  auto straight = examples();
  const torch::Tensor all = straight.inputs(3, {0, 1, 2, 3, 4, 5, 6, 7});
  auto other = examples();
  other.prefetch(3, {6, 1});  // announced or not, alone or with others, in any order
  other.inputs(2, {1, 2, 3});
  EXPECT_TRUE(torch::equal(other.inputs(3, {6, 1}), all.index_select(0, torch::tensor({6, 1}))));
  EXPECT_TRUE(torch::equal(other.inputs(3, {4}), all.narrow(0, 4, 1)));
  EXPECT_FALSE(torch::equal(other.inputs(4, {4}), all.narrow(0, 4, 1)));
  EXPECT_FALSE(torch::equal(examples(2).inputs(3, {4}), all.narrow(0, 4, 1)));
}

TEST_F(FreshExamplesTest, OneProcessorDrawsTheSameViewsAsMany) {
  cpu_set_t before;
  CPU_ZERO(&before);
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  const torch::Tensor many = examples().inputs(1, {0, 1, 2, 3, 4, 5, 6, 7});
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int i = 0; i < CPU_SETSIZE; ++i) {
    if (CPU_ISSET(i, &before)) {
      CPU_SET(i, &one);
      break;
    }
  }
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(processor_count(), 1);
  const torch::Tensor alone = examples().inputs(1, {0, 1, 2, 3, 4, 5, 6, 7});
  ASSERT_EQ(sched_setaffinity(0, sizeof before, &before), 0);
  EXPECT_TRUE(torch::equal(many, alone));
}

TEST_F(FreshExamplesTest, AnnouncedViewsAreDrawnWhileTheNetworkIsBusy) {
  const std::chrono::milliseconds reading(40);
  auto examples = this->examples(1, reading);
  const Indices batch = {0, 1, 2, 3};
  examples.prefetch(1, batch);
  std::this_thread::sleep_for(6 * reading);  // a step in which nothing else is asked for
  const auto start = std::chrono::steady_clock::now();
  examples.inputs(1, batch);
  EXPECT_LT(std::chrono::steady_clock::now() - start, reading);
}

TEST_F(FreshExamplesTest, AnEpochsSecondLookComputesNothingAnew) {
  auto examples = this->examples(1, {}, network_->unit_count());
  const torch::Tensor first = examples.batch(2, 0, {0, 1, 2}, 3).inputs;
  const torch::Tensor second = examples.batch(2, 1, {3, 4}, 3).inputs;
  const int reads = reads_;
  examples.prefetch(2, {4, 0});
  const torch::Tensor again = examples.inputs(2, {4, 0});
  EXPECT_EQ(reads_, reads);
  EXPECT_TRUE(torch::equal(again[0], second[1]));
  EXPECT_TRUE(torch::equal(again[1], first[0]));
  examples.inputs(2, {4, 5});  // one of them was not seen
  EXPECT_EQ(reads_, reads + 2);
  EXPECT_FALSE(torch::equal(examples.inputs(3, {4, 0}), again));  // another epoch, other views
}

}  // namespace
}  // namespace xrayclf
