#include <functional>

#include <gtest/gtest.h>
#include <opencv2/imgproc.hpp>

#include "augment/golden.hpp"
#include "xrayclf/augment/config.hpp"

/// The transforms that no library's recorded results pin down.
namespace xrayclf::testing {
namespace {

using namespace transforms;

/// A bright spot at (x, y) in an odd-sized black image.
cv::Mat spot(int x, int y, int type = CV_8U) {
  cv::Mat out(41, 61, type, cv::Scalar(0));
  cv::circle(out, {x, y}, 2, cv::Scalar(type == CV_16U ? 60000 : 200), cv::FILLED);
  return out;
}

cv::Point2d centre_of_mass(const cv::Mat& image) {
  const cv::Moments m = cv::moments(image);
  return {m.m10 / m.m00, m.m01 / m.m00};
}

cv::Mat grey_ramp() {
  cv::Mat out(1, 256, CV_8U);
  for (int v = 0; v < 256; ++v) out.at<std::uint8_t>(v) = static_cast<std::uint8_t>(v);
  return out;
}

void expect_moves(const cv::Mat& moved, double x, double y) {
  const cv::Point2d at = centre_of_mass(moved);
  EXPECT_NEAR(at.x, x, 0.1);
  EXPECT_NEAR(at.y, y, 0.1);
}

TEST(AffineTest, ShiftsRightAndDownByFractions) {
  expect_moves(
      Shift{.border = Border::constant}.apply(spot(20, 15), {.shift_x = 0.1, .shift_y = 0.2}),
      20 + 6.1, 15 + 8.2);
}

TEST(AffineTest, RotatesCounterClockwiseAboutTheCentre) {
  // The centre is (30, 20); what lies 15 to its right goes 15 above it.
  expect_moves(Affine{.border = Border::constant}.apply(spot(45, 20), {.degrees = 90}), 30, 5);
  expect_moves(Rotate{.border = Border::constant}.apply(spot(45, 20), {.degrees = 90}), 30, 5);
}

TEST(AffineTest, ZoomAboveOneMovesAwayFromTheCentre) {
  expect_moves(Zoom{.border = Border::constant}.apply(spot(40, 26), {.zoom_x = 1.5, .zoom_y = 1.5}),
               45, 29);
}

TEST(AffineTest, ShearLeansColumnsByTheTangent) {
  expect_moves(Shear{.border = Border::constant}.apply(spot(30, 30), {.shear_x = 45}), 40, 30);
  expect_moves(Shear{.border = Border::constant}.apply(spot(40, 20), {.shear_y = 45}), 40, 30);
}

TEST(AffineTest, NoParametersChangeNothingAtEitherDepth) {
  for (const int type : {CV_8U, CV_16U}) {
    const cv::Mat image = spot(17, 9, type);
    EXPECT_EQ(largest_difference(Affine{}.apply(image, {}), image), 0);
  }
}

TEST(AffineTest, ConstantBordersAreAFractionOfFullScale) {
  const cv::Mat moved =
      Shift{.border = Border::constant, .fill = 0.5}.apply(spot(20, 20, CV_16U), {.shift_x = 0.5});
  EXPECT_NEAR(moved.at<std::uint16_t>(0, 0), 32768, 1);
}

TEST(IntensityTest, BrightnessAddsAndClips) {
  const cv::Mat out = Brightness{}.apply(grey_ramp(), {0.1});  // 25.5
  EXPECT_EQ(out.at<std::uint8_t>(0), 26);
  EXPECT_EQ(out.at<std::uint8_t>(101), 126);  // 126.5 to even
  EXPECT_EQ(out.at<std::uint8_t>(250), 255);
}

TEST(IntensityTest, ContrastKeepsTheMean) {
  const cv::Mat out = Contrast{}.apply(grey_ramp(), {0.5});
  EXPECT_NEAR(cv::mean(out)[0], 127.5, 0.1);
  EXPECT_EQ(out.at<std::uint8_t>(0), 64);  // 127.5 - 63.75
  EXPECT_EQ(out.at<std::uint8_t>(255), 191);
}

TEST(IntensityTest, GammaBendsBetweenFixedEnds) {
  const cv::Mat out = Gamma{}.apply(grey_ramp(), {2});
  EXPECT_EQ(out.at<std::uint8_t>(0), 0);
  EXPECT_EQ(out.at<std::uint8_t>(128), 64);  // 255 (128/255)^2 = 64.25
  EXPECT_EQ(out.at<std::uint8_t>(255), 255);
}

TEST(IntensityTest, SixteenBitFollowsEightBit) {
  cv::Mat deep;
  grey_ramp().convertTo(deep, CV_16U, 257);
  const auto close = [&](const cv::Mat& out, const cv::Mat& small) {
    cv::Mat scaled;
    small.convertTo(scaled, CV_16U, 257);
    EXPECT_LE(largest_difference(out, scaled), 257);
  };
  close(Brightness{}.apply(deep, {0.1}), Brightness{}.apply(grey_ramp(), {0.1}));
  close(Contrast{}.apply(deep, {1.3}), Contrast{}.apply(grey_ramp(), {1.3}));
  close(Gamma{}.apply(deep, {0.7}), Gamma{}.apply(grey_ramp(), {0.7}));
  close(BrightnessContrast{}.apply(deep, {1.2, -0.1}),
        BrightnessContrast{}.apply(grey_ramp(), {1.2, -0.1}));
}

TEST(NoiseTest, HasTheStandardDeviationAskedForAndIsAFunctionOfItsSeed) {
  const cv::Mat flat(200, 201, CV_16U, cv::Scalar(30000));
  const cv::Mat noisy = GaussianNoise{}.apply(flat, {.stddev = 0.01, .seed = 3});
  cv::Scalar mean, deviation;
  cv::meanStdDev(noisy, mean, deviation);
  EXPECT_NEAR(mean[0], 30000, 15);        // 655.35 / 200 is 3.3
  EXPECT_NEAR(deviation[0], 655.35, 10);  // 655.35 / sqrt(80000) is 2.3
  EXPECT_EQ(largest_difference(noisy, GaussianNoise{}.apply(flat, {.stddev = 0.01, .seed = 3})), 0);
  EXPECT_GT(largest_difference(noisy, GaussianNoise{}.apply(flat, {.stddev = 0.01, .seed = 4})), 0);
}

TEST(CropTest, StretchesThePartToTheWhole) {
  cv::Mat image(40, 60, CV_8U, cv::Scalar(0));
  image(cv::Rect(30, 20, 30, 20)).setTo(90);
  const cv::Mat out = RandomResizedCrop{}.apply(image, {cv::Rect(30, 20, 30, 20)});
  EXPECT_EQ(out.size(), image.size());
  EXPECT_EQ(cv::countNonZero(out != 90), 0);
}

TEST(ClaheTest, EqualsOpenCvAtBothDepths) {
  for (const int type : {CV_8U, CV_16U}) {
    cv::Mat image(64, 64, type), expected;
    cv::randu(image, 0, type == CV_8U ? 200 : 50000);
    cv::createCLAHE(3.0, {8, 8})->apply(image, expected);
    EXPECT_EQ(largest_difference(Clahe{}.apply(image, {3.0}), expected), 0);
  }
}

TEST(DropoutTest, AHoleLargerThanTheImageIsAConfigurationError) {
  const CoarseDropout t{.height = {32, 32}, .width = {32, 32}, .unit = SizeUnit::pixels};
  Random random(1);
  EXPECT_THROW(t.sample(random, {40, 28}), ConfigError);
}

TEST(GridTest, MoreStripsThanPixelsIsAConfigurationError) {
  const GridDistortion t{.num_steps = 9};
  Random random(1);
  const cv::Mat image(8, 8, CV_8U, cv::Scalar(0));
  EXPECT_THROW(t.apply(image, t.sample(random, image.size())), ConfigError);
}

}  // namespace
}  // namespace xrayclf::testing
