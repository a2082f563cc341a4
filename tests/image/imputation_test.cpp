#include <gtest/gtest.h>

#include <opencv2/core.hpp>

#include "xrayclf/image/imputation.hpp"

namespace xrayclf {
namespace {

cv::Mat ramp(int side) {
  cv::Mat out(side, side, CV_32FC1);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) out.at<float>(y, x) = static_cast<float>(2 * x + 3 * y);
  }
  return out;
}

TEST(ImputationTest, APlaneIsFilledExactly) {
  const cv::Mat image = ramp(40);
  cv::Mat removed(40, 40, CV_8UC1, cv::Scalar(0));
  removed(cv::Rect(8, 10, 20, 15)).setTo(255);
  cv::Mat holed = image.clone();
  holed.setTo(-1000, removed);
  EXPECT_LE(cv::norm(impute(holed, removed), image, cv::NORM_INF), 0.1);
}

TEST(ImputationTest, EachFilledPixelIsTheWeightedMeanOfItsNeighbours) {
  cv::Mat image(24, 24, CV_32FC1);
  cv::randu(image, 0, 255);
  cv::Mat removed(24, 24, CV_8UC1);
  cv::randu(removed, 0, 2);
  removed.at<uchar>(0, 0) = 1;
  const cv::Mat filled = impute(image, removed);
  for (const cv::Point at : {cv::Point(0, 0), cv::Point(10, 10), cv::Point(11, 10)}) {
    if (removed.at<uchar>(at) == 0) continue;
    double sum = 0;
    double weights = 0;
    for (int dy = -1; dy <= 1; ++dy) {
      for (int dx = -1; dx <= 1; ++dx) {
        const cv::Point n = at + cv::Point(dx, dy);
        if ((dx == 0 && dy == 0) || !cv::Rect(0, 0, 24, 24).contains(n)) continue;
        const double weight = dx == 0 || dy == 0 ? 1.0 / 6 : 1.0 / 12;
        sum += weight * filled.at<float>(n);
        weights += weight;
      }
    }
    EXPECT_NEAR(filled.at<float>(at), sum / weights, 0.1) << at;
  }
  EXPECT_GE(cv::countNonZero(removed), 100);
}

TEST(ImputationTest, NothingOrEverythingRemoved) {
  const cv::Mat image = ramp(8);
  const cv::Mat none(8, 8, CV_8UC1, cv::Scalar(0));
  EXPECT_EQ(cv::norm(impute(image, none), image, cv::NORM_INF), 0);
  const cv::Mat all(8, 8, CV_8UC1, cv::Scalar(1));
  EXPECT_EQ(cv::norm(impute(image, all), cv::NORM_INF), 0);
}

}  // namespace
}  // namespace xrayclf
