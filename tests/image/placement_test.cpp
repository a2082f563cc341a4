#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

#include "xrayclf/image/placement.hpp"
#include "xrayclf/image/preprocess.hpp"

namespace xrayclf {
namespace {

PreprocessConfig plain(AspectRatio aspect) {
  PreprocessConfig config;
  config.image_size = 64;
  config.clahe.enabled = false;
  config.resize.aspect = aspect;
  return config;
}

cv::Point brightest(const cv::Mat& image) {
  cv::Point at;
  cv::minMaxLoc(image, nullptr, nullptr, nullptr, &at);
  return at;
}

/// A bright disc on a film goes through the preparation and, as a heat map, back to the film.
void expect_disc_comes_back(cv::Size size, cv::Point centre, AspectRatio aspect) {
  cv::Mat film(size, CV_8UC1, cv::Scalar(20));
  cv::circle(film, centre, size.height / 12, cv::Scalar(255), cv::FILLED);
  const cv::Mat prepared = Preprocessor(plain(aspect))(film);
  cv::Mat heat;
  prepared.convertTo(heat, CV_32F, 1.0 / 255);
  cv::GaussianBlur(heat, heat, {}, 3);
  const cv::Mat back = map_to_original(heat, film.size(), aspect);
  ASSERT_EQ(back.size(), film.size());
  const cv::Point found = brightest(back);
  // A pixel of the prepared image is this many of the film.
  const cv::Rect place = placement(size, prepared.rows, aspect);
  EXPECT_NEAR(found.x, centre.x, 1.0 * size.width / place.width);
  EXPECT_NEAR(found.y, centre.y, 1.0 * size.height / place.height);
}

TEST(PlacementTest, ABlobLandsWhereItWasOnStretchedAndPaddedFilms) {
  for (const AspectRatio aspect : {AspectRatio::stretch, AspectRatio::pad}) {
    SCOPED_TRACE(name_of(aspect));
    expect_disc_comes_back({400, 300}, {300, 80}, aspect);
    expect_disc_comes_back({300, 400}, {60, 320}, aspect);
    expect_disc_comes_back({512, 512}, {256, 100}, aspect);
    expect_disc_comes_back({1000, 200}, {900, 150}, aspect);
  }
}

TEST(PlacementTest, PaddingIsWhereThePreprocessorPutsIt) {
  const cv::Mat film(30, 60, CV_8UC1, cv::Scalar(200));
  const cv::Mat prepared = Preprocessor(plain(AspectRatio::pad))(film);
  cv::Mat expected(64, 64, CV_8UC1, cv::Scalar(0));
  expected(placement(film.size(), 64, AspectRatio::pad)).setTo(200);
  EXPECT_EQ(cv::norm(prepared, expected, cv::NORM_INF), 0);
  EXPECT_EQ(placement(film.size(), 64, AspectRatio::stretch), cv::Rect(0, 0, 64, 64));
}

}  // namespace
}  // namespace xrayclf
