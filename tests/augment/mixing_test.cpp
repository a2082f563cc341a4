#include "xrayclf/augment/mixing.hpp"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "augment/statistics.hpp"
#include "xrayclf/augment/augmenter.hpp"

namespace xrayclf::testing {
namespace {

using namespace transforms;

std::vector<double> beta_draws(double alpha) {
  Random random(77);
  std::vector<double> out;
  for (int i = 0; i < 10000; ++i) out.push_back(draw_beta(random, alpha, alpha));
  return out;
}

Augmenter augmenter_of(const char* pipeline) {
  return Augmenter(read_json<AugmentConfig>({{"pipeline", nlohmann::json::parse(pipeline)}}));
}

TEST(MixingTest, BetaDrawsFollowTheClosedForms) {
  EXPECT_LT(kolmogorov_uniform(beta_draws(1), 0, 1), kKolmogorovLimit);
  EXPECT_LT(kolmogorov(beta_draws(0.5),
                       [](double x) { return 2 / std::numbers::pi * std::asin(std::sqrt(x)); }),
            kKolmogorovLimit);
  EXPECT_LT(kolmogorov(beta_draws(2), [](double x) { return 3 * x * x - 2 * x * x * x; }),
            kKolmogorovLimit);
}

TEST(MixingTest, TinyAlphaGivesNearlyPureImagesAndNoNan) {
  int pure = 0;
  for (const double lambda : beta_draws(0.01)) {
    ASSERT_TRUE(lambda >= 0 && lambda <= 1);
    pure += lambda < 1e-3 || lambda > 1 - 1e-3;
  }
  EXPECT_GT(pure, 9000);
}

TEST(MixingTest, MixupPairsByAPermutationAndIsAFunctionOfSeedEpochAndStep) {
  const Augmenter augmenter = augmenter_of(R"([{"transform": "mixup", "alpha": 0.4}])");
  ASSERT_TRUE(augmenter.mixes_batches());
  EXPECT_FALSE(augmenter.changes_images());
  const BatchMix mix = augmenter.batch_mix(1, 2, 3, 16, {224, 224});
  EXPECT_EQ(mix.kind, MixKind::mixup);
  auto sorted = mix.partner;
  std::sort(sorted.begin(), sorted.end());
  for (std::int64_t i = 0; i < 16; ++i) EXPECT_EQ(sorted[static_cast<std::size_t>(i)], i);
  EXPECT_EQ(augmenter.batch_mix(1, 2, 3, 16, {224, 224}).partner, mix.partner);
  EXPECT_EQ(augmenter.batch_mix(1, 2, 3, 16, {224, 224}).lambda, mix.lambda);
  EXPECT_NE(augmenter.batch_mix(1, 2, 4, 16, {224, 224}).lambda, mix.lambda);
  EXPECT_NE(augmenter.batch_mix(1, 3, 3, 16, {224, 224}).lambda, mix.lambda);
  EXPECT_NE(augmenter.batch_mix(2, 2, 3, 16, {224, 224}).lambda, mix.lambda);
}

TEST(MixingTest, CutmixLambdaIsWhatTheBoxLeaves) {
  const Augmenter augmenter = augmenter_of(R"([{"transform": "cutmix"}])");
  double boxed = 0;
  for (int step = 0; step < 2000; ++step) {
    const BatchMix mix = augmenter.batch_mix(1, 0, step, 4, {60, 40});
    ASSERT_EQ(mix.kind, MixKind::cutmix);
    ASSERT_TRUE(mix.box.x >= 0 && mix.box.br().x <= 60 && mix.box.y >= 0 && mix.box.br().y <= 40);
    EXPECT_NEAR(mix.lambda, 1 - mix.box.area() / 2400.0, 1e-12);
    boxed += mix.box.area() > 0;
  }
  EXPECT_GT(boxed, 1800);
}

TEST(MixingTest, CutmixBoxHasTheSidesOfThePaper) {
  // sqrt(1 - 0.75) is half of each side; a box about a centre far from the edges is whole.
  bool whole = false;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Random random(seed);
    const cv::Rect box = draw_cutmix_box(random, 0.75, {60, 40});
    EXPECT_LE(box.width, 30);
    EXPECT_LE(box.height, 20);
    whole = whole || box.size() == cv::Size(30, 20);
  }
  EXPECT_TRUE(whole);
}

TEST(MixingTest, TheFirstEntryThatHoldsMixesTheBatch) {
  const Augmenter augmenter =
      augmenter_of(R"([{"transform": "mixup", "p": 0.3}, {"transform": "cutmix", "p": 0.5}])");
  std::vector<double> counts(3, 0.0);
  for (int step = 0; step < 4000; ++step) {
    ++counts[static_cast<std::size_t>(augmenter.batch_mix(5, 0, step, 4, {32, 32}).kind)];
  }
  EXPECT_LT(chi_square(counts, {0.35, 0.3, 0.35}), kChiSquareLimit2);
}

TEST(MixingTest, SoftTargetsShareOutLambda) {
  const BatchMix mix{.kind = MixKind::mixup, .partner = {1, 2, 0}, .lambda = 0.75, .box = {}};
  EXPECT_EQ(soft_targets({0, 1, 0}, 2, mix),
            (std::vector<float>{0.75f, 0.25f, 0.25f, 0.75f, 1.0f, 0.0f}));
  EXPECT_EQ(soft_targets({1}, 2, {}), (std::vector<float>{0, 1}));
}

}  // namespace
}  // namespace xrayclf::testing
