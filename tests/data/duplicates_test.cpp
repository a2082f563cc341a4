#include "xrayclf/data/duplicates.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <opencv2/imgproc.hpp>

#include "support/film_tree.hpp"
#include "xrayclf/image/preprocess.hpp"

namespace xrayclf {
namespace {

using testing_support::random_film;

struct Set {
  std::vector<Record> records;
  std::vector<ImageTraits> traits;

  void add(const cv::Mat& film, const std::string& pixels = "") {
    Record record;
    record.prepared_sha256 = pixels.empty() ? std::to_string(records.size()) : pixels;
    records.push_back(record);
    traits.push_back(image_traits(Preprocessor(PreprocessConfig{})(film)));
  }
};

TEST(DuplicatesTest, FindsClustersOfIdenticalImages) {
  std::vector<Record> records(5);
  const char* pixels[] = {"a", "b", "a", "c", "b"};
  for (std::size_t i = 0; i < 5; ++i) records[i].prepared_sha256 = pixels[i];
  const auto clusters = exact_duplicates(records);
  ASSERT_EQ(clusters.size(), 2u);
  EXPECT_EQ(clusters[0], (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(clusters[1], (std::vector<std::size_t>{1, 4}));
}

TEST(DuplicatesTest, FindsAResizedAndANoisyCopyAndNothingElse) {
  Set set;
  for (std::uint64_t seed = 0; seed < 60; ++seed) set.add(random_film(seed, 512, 448));
  cv::Mat half;
  cv::resize(random_film(3, 512, 448), half, cv::Size(256, 224), 0, 0, cv::INTER_AREA);
  set.add(half);  // 60
  cv::Mat noise(448, 512, CV_8UC1);
  cv::RNG rng(1);
  rng.fill(noise, cv::RNG::UNIFORM, 0, 4);
  cv::Mat noisy = random_film(7, 512, 448) + noise;
  set.add(noisy);  // 61
  const auto pairs = near_duplicates(set.records, set.traits, 2);
  ASSERT_EQ(pairs.size(), 2u);
  EXPECT_EQ(pairs[0].first, 3u);
  EXPECT_EQ(pairs[0].second, 60u);
  EXPECT_EQ(pairs[1].first, 7u);
  EXPECT_EQ(pairs[1].second, 61u);
  EXPECT_GE(pairs[0].correlation, 0.99);
  EXPECT_LE(pairs[0].correlation, 1.0);
}

TEST(DuplicatesTest, LeavesExactDuplicatesAndFlatImagesOut) {
  Set set;
  set.add(random_film(1), "same");
  set.add(random_film(1), "same");
  set.add(cv::Mat(64, 64, CV_8UC1, cv::Scalar(0)));
  set.add(cv::Mat(64, 64, CV_8UC1, cv::Scalar(200)));
  EXPECT_TRUE(near_duplicates(set.records, set.traits, 1).empty());
}

TEST(ImageTraitsTest, DescribeHistogramBorderAndThumbnail) {
  cv::Mat image(64, 64, CV_8UC1, cv::Scalar(0));
  image.rowRange(0, 4).setTo(255);  // a white bar on top
  const ImageTraits traits = image_traits(image);
  EXPECT_FLOAT_EQ(traits.histogram.front(), 60.0F / 64);
  EXPECT_FLOAT_EQ(traits.histogram.back(), 4.0F / 64);
  ASSERT_EQ(traits.border.size(), 32u + 4 * 32);
  const float ring = 2 * 4 * 64 + 2 * 4 * 56;
  EXPECT_FLOAT_EQ(traits.border[31], 256 / ring);
  EXPECT_FLOAT_EQ(traits.border[32], 1.0F) << "top";
  EXPECT_FLOAT_EQ(traits.border[64], 0.0F) << "bottom";
  EXPECT_FLOAT_EQ(traits.border[96], 1.0F) << "left starts in the bar";
  EXPECT_FLOAT_EQ(traits.border[127], 0.0F);
  EXPECT_EQ(traits.thumbnail.size(), cv::Size(64, 64));
}

}  // namespace
}  // namespace xrayclf
