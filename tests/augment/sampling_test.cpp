#include <map>
#include <set>

#include <gtest/gtest.h>
#include <opencv2/core.hpp>

#include "augment/statistics.hpp"
#include "xrayclf/augment/config.hpp"

/// Each transform draws its parameters from the documented distribution.
namespace xrayclf::testing {
namespace {

using namespace transforms;

constexpr int kDraws = 4000;
const cv::Size kFilm(224, 224);

/// `kDraws` values of a parameter of `transform`, as the views of consecutive images draw them.
template <class T, class Get>
std::vector<double> draws(const T& transform, Get get, cv::Size size = kFilm) {
  std::vector<double> out;
  for (std::uint64_t index = 0; index < kDraws; ++index) {
    Random random(derive_seed(2024, {3, index}));
    out.push_back(get(transform.sample(random, size)));
  }
  return out;
}

/// The entry of that type in a preset.
template <class T>
T in_preset(AugmentPreset preset) {
  for (const PipelineStep& step : pipeline_of({.preset = preset})) {
    if (const T* found = std::get_if<T>(&step.transform)) return *found;
  }
  ADD_FAILURE() << "the preset has no " << T::kName;
  return {};
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  cv::Mat covariance, mean;
  cv::Mat pairs(static_cast<int>(a.size()), 2, CV_64F);
  for (int i = 0; i < pairs.rows; ++i) {
    pairs.at<double>(i, 0) = a[static_cast<std::size_t>(i)];
    pairs.at<double>(i, 1) = b[static_cast<std::size_t>(i)];
  }
  cv::calcCovarMatrix(pairs, covariance, mean, cv::COVAR_NORMAL | cv::COVAR_ROWS);
  return covariance.at<double>(0, 1) /
         std::sqrt(covariance.at<double>(0, 0) * covariance.at<double>(1, 1));
}

TEST(SamplingTest, KerasDrawsAsGetRandomTransform) {
  const auto t = in_preset<KerasImageDataGenerator>(AugmentPreset::keras_image_data_generator);
  const cv::Size film(200, 100);  // width, height
  const auto of = [&](auto get) { return draws(t, get, film); };
  EXPECT_LT(kolmogorov_uniform(of([](const auto& q) { return q.theta; }), -15, 15),
            kKolmogorovLimit);
  // tx from the height although it moves columns.
  EXPECT_LT(kolmogorov_uniform(of([](const auto& q) { return q.tx; }), -10, 10), kKolmogorovLimit);
  EXPECT_LT(kolmogorov_uniform(of([](const auto& q) { return q.ty; }), -20, 20), kKolmogorovLimit);
  const auto zx = of([](const auto& q) { return q.zx; });
  const auto zy = of([](const auto& q) { return q.zy; });
  EXPECT_LT(kolmogorov_uniform(zx, 0.9, 1.1), kKolmogorovLimit);
  EXPECT_LT(kolmogorov_uniform(zy, 0.9, 1.1), kKolmogorovLimit);
  EXPECT_LT(std::abs(correlation(zx, zy)), 0.07);
  const auto flips = of([](const auto& q) { return q.flip_horizontal ? 1.0 : 0.0; });
  const double flipped = static_cast<double>(std::count(flips.begin(), flips.end(), 1.0));
  EXPECT_LT(chi_square({flipped, kDraws - flipped}, {0.5, 0.5}), kChiSquareLimit1);
  Random random(1);
  const auto q = t.sample(random, film);
  EXPECT_EQ(q.shear, 0);
  EXPECT_FALSE(q.channel_shift || q.brightness || q.flip_vertical);
}

TEST(SamplingTest, RotationIsUniformInFifteenDegrees) {
  for (const auto preset :
       {AugmentPreset::albumentations_1_3_1, AugmentPreset::albumentations_2_0_8}) {
    const auto t = in_preset<Rotate>(preset);
    EXPECT_LT(kolmogorov_uniform(draws(t, [](const auto& q) { return q.degrees; }), -15, 15),
              kKolmogorovLimit);
    EXPECT_EQ(t.p, 0.5);
  }
  EXPECT_EQ(in_preset<Rotate>(AugmentPreset::albumentations_1_3_1).border, Border::reflect_101);
  EXPECT_EQ(in_preset<Rotate>(AugmentPreset::albumentations_2_0_8).border, Border::constant);
}

TEST(SamplingTest, BrightnessAndContrastAreUniformAndIndependent) {
  const auto t = in_preset<BrightnessContrast>(AugmentPreset::albumentations_1_3_1);
  const auto alpha = draws(t, [](const auto& q) { return q.alpha; });
  const auto beta = draws(t, [](const auto& q) { return q.beta; });
  EXPECT_LT(kolmogorov_uniform(alpha, 0.8, 1.2), kKolmogorovLimit);
  EXPECT_LT(kolmogorov_uniform(beta, -0.2, 0.2), kKolmogorovLimit);
  EXPECT_LT(std::abs(correlation(alpha, beta)), 0.07);
}

TEST(SamplingTest, BlurSidesHaveTheOddsOfRoundingUpEvenDraws) {
  for (const auto preset :
       {AugmentPreset::albumentations_1_3_1, AugmentPreset::albumentations_2_0_8}) {
    const auto t = in_preset<GaussianBlur>(preset);
    std::map<double, double> counts;
    for (const double side :
         draws(t, [](const auto& q) { return static_cast<double>(q.kernel); })) {
      ++counts[side];
    }
    ASSERT_EQ(counts.size(), 3u);
    EXPECT_LT(chi_square({counts[3], counts[5], counts[7]}, {0.2, 0.4, 0.4}), kChiSquareLimit2);
  }
  const auto old = in_preset<GaussianBlur>(AugmentPreset::albumentations_1_3_1);
  for (const double sigma : draws(old, [](const auto& q) { return q.sigma; })) EXPECT_EQ(sigma, 0);
  const auto recent = in_preset<GaussianBlur>(AugmentPreset::albumentations_2_0_8);
  EXPECT_LT(kolmogorov_uniform(draws(recent, [](const auto& q) { return q.sigma; }), 0.5, 3),
            kKolmogorovLimit);
}

TEST(SamplingTest, GridStepsAreUniformAboutOne) {
  const auto t = in_preset<GridDistortion>(AugmentPreset::albumentations_1_3_1);
  for (std::size_t i = 0; i < 6; ++i) {
    const auto x = draws(t, [i](const auto& q) { return q.steps_x.at(i); });
    const auto y = draws(t, [i](const auto& q) { return q.steps_y.at(i); });
    EXPECT_LT(kolmogorov_uniform(x, 0.7, 1.3), kKolmogorovLimit);
    EXPECT_LT(kolmogorov_uniform(y, 0.7, 1.3), kKolmogorovLimit);
  }
  EXPECT_FALSE(t.normalized);
  EXPECT_TRUE(in_preset<GridDistortion>(AugmentPreset::albumentations_2_0_8).normalized);
}

TEST(SamplingTest, ElasticAffineMovesThreePointsUniformly) {
  auto t = in_preset<Elastic>(AugmentPreset::albumentations_1_3_1);
  EXPECT_TRUE(t.legacy_affine);
  EXPECT_EQ(t.alpha, 1);
  EXPECT_EQ(t.sigma, 50);
  const cv::Size small(30, 24);
  const auto point = legacy_affine_points(small)[1];
  const auto moved = [&](int axis) {
    return draws(
        t,
        [&, axis](const auto& q) {
          const auto& m = *q.affine;
          return m(axis, 0) * point.x + m(axis, 1) * point.y + m(axis, 2) -
                 (axis == 0 ? point.x : point.y);
        },
        small);
  };
  EXPECT_LT(kolmogorov_uniform(moved(0), -50, 50), kKolmogorovLimit);
  EXPECT_LT(kolmogorov_uniform(moved(1), -50, 50), kKolmogorovLimit);
  Random random(1);
  t.legacy_affine = false;
  EXPECT_FALSE(t.sample(random, small).affine);
}

TEST(SamplingTest, ElasticFieldsOfTheStudyAreAsSmallAsMeasured) {
  // 0.004 pixels rms in 1.3.1 and 0.007 to 0.013 in 2.0.8 at 224 pixels.
  const auto rms = [](AugmentPreset preset) {
    double sum = 0;
    for (std::uint64_t i = 0; i < 20; ++i) {
      Random random(derive_seed(5, {i}));
      const auto q = in_preset<Elastic>(preset).sample(random, kFilm);
      sum += cv::norm(q.dx, cv::NORM_L2SQR) / static_cast<double>(q.dx.total());
    }
    return std::sqrt(sum / 20);
  };
  EXPECT_NEAR(rms(AugmentPreset::albumentations_1_3_1), 0.004, 0.0015);
  EXPECT_NEAR(rms(AugmentPreset::albumentations_2_0_8), 0.01, 0.005);
}

TEST(SamplingTest, DropoutOfTheStudyCutsEightSquaresAnywhereInside) {
  const auto t = in_preset<CoarseDropout>(AugmentPreset::albumentations_1_3_1);
  const cv::Size film(51, 41);  // x in 0 ... 19, y in 0 ... 9
  std::vector<double> rows(10, 0.0);
  std::set<int> columns;
  for (std::uint64_t index = 0; index < kDraws; ++index) {
    Random random(derive_seed(8, {index}));
    const auto q = t.sample(random, film);
    ASSERT_EQ(q.holes.size(), 8u);
    for (const cv::Rect& hole : q.holes) {
      ASSERT_EQ(hole.size(), cv::Size(32, 32));
      ASSERT_EQ(hole & cv::Rect({0, 0}, film), hole);
      columns.insert(hole.x);
    }
    ++rows.at(static_cast<std::size_t>(q.holes[0].y));
  }
  EXPECT_EQ(columns.size(), 20u);
  EXPECT_LT(chi_square(rows, std::vector<double>(10, 0.1)), kChiSquareLimit9);
}

TEST(SamplingTest, DropoutOfTwoDrawsOneOrTwoHolesOfATenthToAFifth) {
  const auto t = in_preset<CoarseDropout>(AugmentPreset::albumentations_2_0_8);
  double single = 0;
  for (std::uint64_t index = 0; index < kDraws; ++index) {
    Random random(derive_seed(9, {index}));
    const auto q = t.sample(random, kFilm);
    ASSERT_TRUE(q.holes.size() == 1 || q.holes.size() == 2);
    single += q.holes.size() == 1;
    // int(224 * U(.1, .2)) is 22 ... 44
    ASSERT_GE(q.holes[0].height, 22);
    ASSERT_LE(q.holes[0].height, 44);
  }
  EXPECT_LT(chi_square({single, kDraws - single}, {0.5, 0.5}), kChiSquareLimit1);
}

TEST(SamplingTest, LensStrengthIsUniform) {
  EXPECT_LT(kolmogorov_uniform(draws(OpticalDistortion{}, [](const auto& q) { return q.k; }), -0.05,
                               0.05),
            kKolmogorovLimit);
}

TEST(SamplingTest, CropsHaveTheAreaAndRatioAskedFor) {
  const RandomResizedCrop t{.scale = {0.2, 0.5}};
  const auto area = draws(t, [](const auto& q) { return q.crop.area() / (224.0 * 224.0); });
  EXPECT_LT(kolmogorov_uniform(area, 0.2, 0.5), kKolmogorovLimit);
  const auto log_ratio = draws(
      t, [](const auto& q) { return std::log(static_cast<double>(q.crop.width) / q.crop.height); });
  EXPECT_LT(kolmogorov_uniform(log_ratio, std::log(0.75), std::log(4.0 / 3)), kKolmogorovLimit);
  // Nothing of ratio 1 and full area fits into a wide film: the central square is left.
  Random random(1);
  const RandomResizedCrop square{.scale = {1, 1}, .ratio = {1, 1}};
  EXPECT_EQ(square.sample(random, {300, 100}).crop, cv::Rect(100, 0, 100, 100));
}

TEST(SamplingTest, ChestDrawsOneZoomForBothAxesWithinItsRanges) {
  const auto t = in_preset<Affine>(AugmentPreset::chest);
  EXPECT_LT(kolmogorov_uniform(draws(t, [](const auto& q) { return q.degrees; }), -10, 10),
            kKolmogorovLimit);
  EXPECT_LT(kolmogorov_uniform(draws(t, [](const auto& q) { return q.shift_y; }), -0.05, 0.05),
            kKolmogorovLimit);
  EXPECT_LT(kolmogorov_uniform(draws(t, [](const auto& q) { return q.zoom_x; }), 0.9, 1.1),
            kKolmogorovLimit);
  for (const double d : draws(t, [](const auto& q) { return q.zoom_x - q.zoom_y; }))
    EXPECT_EQ(d, 0);
}

}  // namespace
}  // namespace xrayclf::testing
