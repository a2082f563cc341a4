#include "xrayclf/image/clahe.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "xrayclf/core/random.hpp"

namespace xrayclf {
namespace {

/// A hill under noise; every value is a multiple of `step`, as in films of fewer than 16 bits.
cv::Mat film(int height, int width, int step, std::uint64_t seed) {
  cv::Mat image(height, width, CV_16UC1);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double hill = 30000.0 * y / height + 20000.0 * x / width;
      const auto noise = static_cast<double>(
          derive_seed(seed, {static_cast<std::uint64_t>(y), static_cast<std::uint64_t>(x)}) % 6000);
      image.at<std::uint16_t>(y, x) =
          static_cast<std::uint16_t>(static_cast<int>(hill + noise) / step * step);
    }
  }
  return image;
}

cv::Mat opencv(const cv::Mat& grey, double limit, int tiles) {
  cv::Mat out;
  cv::createCLAHE(limit, cv::Size(tiles, tiles))->apply(grey, out);
  return out;
}

void expect_equal(const cv::Mat& image, double limit, int tiles) {
  SCOPED_TRACE(::testing::Message()
               << image.rows << " x " << image.cols << ", limit " << limit << ", tiles " << tiles);
  EXPECT_EQ(cv::norm(clahe(image, limit, tiles), opencv(image, limit, tiles), cv::NORM_INF), 0);
}

TEST(ClaheTest, SixteenBitPixelsAreOpenCvs) {
  for (const int step : {1, 16, 257}) {
    expect_equal(film(128, 160, step, 1), 2.0, 8);
    expect_equal(film(131, 157, step, 2), 2.0, 8);  // borders on both sides
    expect_equal(film(128, 157, step, 3), 40.0, 8);
    expect_equal(film(96, 96, step, 4), 0.0, 4);  // no clipping
    expect_equal(film(300, 200, step, 5), 0.5, 1);
  }
}

/// With few values nearly all pixels are clipped: every bin gets some, and the rest is spread.
TEST(ClaheTest, SixteenBitPixelsAreOpenCvsWhereMostAreClipped) {
  expect_equal(film(600, 600, 4096, 6), 1.0, 1);
  expect_equal(cv::Mat(200, 300, CV_16UC1, cv::Scalar(1234)), 2.0, 8);
  expect_equal(cv::Mat(700, 700, CV_16UC1, cv::Scalar(65535)), 2.0, 1);
}

TEST(ClaheTest, EightBitIsOpenCvs) {
  cv::Mat image;
  film(131, 157, 1, 7).convertTo(image, CV_8U, 1.0 / 257);
  expect_equal(image, 2.0, 8);
}

}  // namespace
}  // namespace xrayclf
