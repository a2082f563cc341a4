#include "xrayclf/core/random.hpp"

#include <cmath>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

namespace xrayclf {
namespace {

TEST(RandomTest, SeedDependsOnEveryPartAndItsPlace) {
  std::set<std::uint64_t> seeds;
  for (std::uint64_t a = 0; a < 10; ++a) {
    for (std::uint64_t b = 0; b < 10; ++b) {
      seeds.insert(derive_seed(a, {b}));
      seeds.insert(derive_seed(a, {b, 0}));
      seeds.insert(derive_seed(0, {a, b, 1}));
    }
  }
  EXPECT_EQ(seeds.size(), 300u);
}

TEST(RandomTest, SameSeedSameDraws) {
  Random a(42), b(42), c(43);
  EXPECT_EQ(a.bits(), b.bits());
  EXPECT_NE(a.bits(), c.bits());
}

TEST(RandomTest, BelowIsUniform) {
  Random random(1);
  std::vector<int> counts(7, 0);
  for (int i = 0; i < 70000; ++i) ++counts[random.below(7)];
  double chi2 = 0;
  for (const int count : counts) chi2 += (count - 10000.0) * (count - 10000.0) / 10000.0;
  EXPECT_LT(chi2, 22.5) << "0.999 quantile of chi-square with 6 degrees of freedom";
}

TEST(RandomTest, NormalHasMeanZeroAndVarianceOne) {
  Random random(2);
  double sum = 0, squares = 0;
  constexpr int kCount = 100000;
  for (int i = 0; i < kCount; ++i) {
    const double x = random.normal();
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / kCount, 0, 4 / std::sqrt(kCount));
  EXPECT_NEAR(squares / kCount, 1, 4 * std::sqrt(2.0 / kCount));
}

TEST(RandomTest, ShuffleKeepsTheValuesAndReachesAllOrders) {
  std::set<std::vector<int>> orders;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    std::vector<int> values = {1, 2, 3, 4};
    Random(seed).shuffle(values);
    EXPECT_EQ(std::accumulate(values.begin(), values.end(), 0), 10);
    orders.insert(values);
  }
  EXPECT_EQ(orders.size(), 24u);
}

}  // namespace
}  // namespace xrayclf
