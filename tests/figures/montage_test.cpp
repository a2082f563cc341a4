#include "xrayclf/figures/montage.hpp"

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/core.hpp>

#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/csv.hpp"

namespace xrayclf {
namespace {

TEST(MontageTest, FitsPicturesIntoTilesRowByRow) {
  const std::vector<Tile> tiles(3, Tile{cv::Mat(20, 40, CV_8UC1, cv::Scalar(0)), {}});
  const cv::Mat picture = montage(tiles, {2, 100});
  EXPECT_EQ(picture.cols, 2 * 108 + 8);
  EXPECT_EQ(picture.rows, 2 * 108 + 8);
  // A picture twice as wide as high fills the middle half of its tile.
  EXPECT_EQ(picture.at<cv::Vec3b>(8 + 50, 8 + 50), cv::Vec3b(0, 0, 0));
  EXPECT_EQ(picture.at<cv::Vec3b>(8 + 10, 8 + 50), cv::Vec3b(255, 255, 255));
  EXPECT_EQ(picture.at<cv::Vec3b>(116 + 50, 116 + 50), cv::Vec3b(255, 255, 255));  // no fourth
}

TEST(MontageTest, TakesSixteenBitsColourAndNothing) {
  const std::vector<Tile> tiles = {{cv::Mat(9, 9, CV_16UC1, cv::Scalar(65535)), {}},
                                   {cv::Mat(9, 9, CV_8UC3, cv::Scalar(0, 0, 255)), {}},
                                   {cv::Mat(), {"missing"}}};
  const cv::Mat picture = montage(tiles, {5, 50});
  EXPECT_EQ(picture.at<cv::Vec3b>(33, 33), cv::Vec3b(255, 255, 255));
  EXPECT_EQ(picture.at<cv::Vec3b>(33, 58 + 33), cv::Vec3b(0, 0, 255));
  EXPECT_EQ(picture.at<cv::Vec3b>(33, 116 + 33), cv::Vec3b(200, 200, 200));
}

TEST(MontageTest, NoTilesMakeAnEmptySheet) { EXPECT_FALSE(montage({}, {5, 50}).empty()); }

TEST(MontageTest, CaptionsStayInTheirTileAndWholeInTheCsv) {
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / ("xrayclf_montage_" + std::to_string(::getpid()));
  const std::string hostile = "`x` $(y) \"z\"\n\xE8\x82\xBA, " + std::string(80, 'w');
  write_montage(folder, "samples", {{cv::Mat(), {hostile}}, {cv::Mat(), {"b"}}}, {"class"},
                {2, 80});
  const CsvTable table = read_csv(folder / "samples.csv");
  EXPECT_THAT(table.columns, testing::ElementsAre("row", "column", "class"));
  EXPECT_EQ(table.rows.at(0).at(2), hostile);
  EXPECT_THAT(table.rows.at(1), testing::ElementsAre("1", "2", "b"));
  EXPECT_EQ(read_file(folder / "samples.png").substr(1, 3), "PNG");
  // Between the tiles all is white: no caption runs into the next.
  const cv::Mat picture = montage({{cv::Mat(), {hostile}}, {cv::Mat(), {"b"}}}, {2, 80});
  const cv::Mat gap = picture(cv::Rect(8 + 80 + 2, 0, 5, picture.rows));
  EXPECT_EQ(cv::norm(gap, cv::Mat(gap.size(), gap.type(), cv::Scalar::all(255)), cv::NORM_INF), 0);
  std::filesystem::remove_all(folder);
}

TEST(MisclassifiedTest, WorstComesFirst) {
  std::vector<Misclassified> images = {{"b", "", "", 0.3, 0.6},
                                       {"a", "", "", 0.3, 0.6},
                                       {"c", "", "", 0.3, 0.7},
                                       {"d", "", "", 0.01, 0.5}};
  sort_worst_first(images);
  std::string order;
  for (const Misclassified& image : images) order += image.image;
  EXPECT_EQ(order, "dcab");
  EXPECT_EQ(captions_of({"x.png", "normal", "covid19", 0.125, 0.75}).at(2), "called: covid19 0.75");
}

}  // namespace
}  // namespace xrayclf
