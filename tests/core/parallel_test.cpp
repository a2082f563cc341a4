#include "xrayclf/core/parallel.hpp"

#include <atomic>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

namespace xrayclf {
namespace {

TEST(ParallelTest, EveryIndexRunsOnce) {
  for (const std::int64_t workers : {0, 1, 3, 50}) {
    std::vector<std::atomic<int>> calls(37);
    parallel_for(37, workers, [&](std::int64_t i) { ++calls[static_cast<std::size_t>(i)]; });
    for (const auto& count : calls) EXPECT_EQ(count, 1);
  }
  parallel_for(0, 4, [](std::int64_t) { FAIL(); });
}

TEST(ParallelTest, AnExceptionReachesTheCallerAndStopsTheWork) {
  std::atomic<int> calls{0};
  const auto run = [&] {
    parallel_for(1000000, 2, [&](std::int64_t i) {
      ++calls;
      if (i == 3) throw std::runtime_error("three");
    });
  };
  EXPECT_THROW(run(), std::runtime_error);
  EXPECT_LT(calls, 1000000);
}

}  // namespace
}  // namespace xrayclf
