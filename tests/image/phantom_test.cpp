#include "xrayclf/image/phantom.hpp"

#include <gtest/gtest.h>
#include <opencv2/core.hpp>

namespace xrayclf {
namespace {

PhantomParameters film(Finding finding, std::int64_t patient = 3, std::int64_t image = 1) {
  return {.seed = 7,
          .patient = patient,
          .image = image,
          .finding = finding,
          .width = 200,
          .height = 160};
}

bool same(const cv::Mat& a, const cv::Mat& b) { return cv::norm(a, b, cv::NORM_INF) == 0; }

/// Share of pixels that differ by more than `levels` of 65535.
double share_changed(const cv::Mat& a, const cv::Mat& b, double levels) {
  cv::Mat difference;
  cv::absdiff(a, b, difference);
  return static_cast<double>(cv::countNonZero(difference > levels)) /
         static_cast<double>(a.total());
}

TEST(PhantomTest, IsAFunctionOfItsParameters) {
  const cv::Mat first = draw_phantom(film(Finding::covid19));
  EXPECT_EQ(first.type(), CV_16UC1);
  EXPECT_EQ(first.size(), cv::Size(200, 160));
  EXPECT_TRUE(same(first, draw_phantom(film(Finding::covid19))));
  EXPECT_FALSE(same(first, draw_phantom(film(Finding::covid19, 3, 2))));
  EXPECT_FALSE(same(first, draw_phantom(film(Finding::covid19, 4, 1))));
}

TEST(PhantomTest, ShowsTheThorax) {
  const cv::Mat grey = draw_phantom(film(Finding::normal));
  cv::Scalar mean, deviation;
  cv::meanStdDev(grey, mean, deviation);
  EXPECT_GT(deviation[0], 5000);
  // The spine is brighter than the lungs to both sides of it.
  const auto brightness = [&](int x) { return cv::mean(grey(cv::Rect(x - 4, 60, 8, 30)))[0]; };
  EXPECT_GT(brightness(100), brightness(65) + 5000);
  EXPECT_GT(brightness(100), brightness(135) + 5000);
}

TEST(PhantomTest, FindingsChangeOnlyPartOfTheLungs) {
  for (std::int64_t patient = 0; patient < 8; ++patient) {
    const cv::Mat normal = draw_phantom(film(Finding::normal, patient));
    for (const Finding finding : {Finding::pneumonia, Finding::covid19}) {
      const cv::Mat sick = draw_phantom(film(finding, patient));
      const double changed = share_changed(normal, sick, 1300);
      EXPECT_GT(changed, 0.01) << patient;
      EXPECT_LT(changed, 0.20) << patient;
      // Nothing at the rim of the film.
      EXPECT_TRUE(same(normal.row(0), sick.row(0)));
      EXPECT_TRUE(same(normal.row(159), sick.row(159)));
      EXPECT_TRUE(same(normal.col(0), sick.col(0)));
    }
  }
}

TEST(PhantomTest, GroundGlassIsBilateralAndConsolidationIsNot) {
  int two_sided_pneumonia = 0;
  for (std::int64_t patient = 0; patient < 8; ++patient) {
    const cv::Mat normal = draw_phantom(film(Finding::normal, patient));
    const auto sides = [&](Finding finding) {
      const cv::Mat sick = draw_phantom(film(finding, patient));
      const cv::Rect right(0, 0, 80, 160), left(120, 0, 80, 160);
      return std::pair(share_changed(normal(right), sick(right), 1300) > 0.005,
                       share_changed(normal(left), sick(left), 1300) > 0.005);
    };
    EXPECT_EQ(sides(Finding::covid19), std::pair(true, true)) << patient;
    const auto [right, left] = sides(Finding::pneumonia);
    two_sided_pneumonia += right && left;
  }
  EXPECT_EQ(two_sided_pneumonia, 0);
}

TEST(PhantomTest, TinyFilmsAreDrawnToo) {
  EXPECT_NO_THROW(draw_phantom({.finding = Finding::covid19, .width = 32, .height = 40}));
  EXPECT_THROW(draw_phantom({.width = 31}), std::invalid_argument);
}

}  // namespace
}  // namespace xrayclf
