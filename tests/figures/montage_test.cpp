#include "xrayclf/figures/montage.hpp"

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/core.hpp>

#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/csv.hpp"
#include "xrayclf/figures/gallery.hpp"

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
  EXPECT_THAT(read_file(folder / "samples.svg"), testing::HasSubstr("</svg>"));
  // Between the tiles all is white: no caption runs into the next.
  const cv::Mat picture = montage({{cv::Mat(), {hostile}}, {cv::Mat(), {"b"}}}, {2, 80});
  const cv::Mat gap = picture(cv::Rect(8 + 80 + 2, 0, 5, picture.rows));
  EXPECT_EQ(cv::norm(gap, cv::Mat(gap.size(), gap.type(), cv::Scalar::all(255)), cv::NORM_INF), 0);
  std::filesystem::remove_all(folder);
}

TEST(MontageTest, TheSvgHoldsItsPicturesAndEscapesCaptions) {
  const std::string svg = montage_svg(
      {{cv::Mat(9, 9, CV_8UC1, cv::Scalar(7)), {"\xE8\x82\xBA <script>&\"'"}}}, {5, 240});
  EXPECT_THAT(svg, testing::HasSubstr("href=\"data:image/png;base64,iVBOR"));
  EXPECT_THAT(svg, testing::HasSubstr(">\xE8\x82\xBA &lt;script&gt;&amp;&quot;&#39;</text>"));
  EXPECT_THAT(svg, testing::Not(testing::HasSubstr("<script")));
}

TEST(GalleryTest, WorstComesFirst) {
  // By row: right; true class at 0.3; a tie but for the name; true class at 0.1.
  const std::vector<double> probabilities = {0.8, 0.1, 0.1, 0.3, 0.6, 0.1,
                                             0.3, 0.6, 0.1, 0.1, 0.4, 0.5};
  const auto wrong =
      misclassified({"normal", "covid19", "other"}, {"r.png", "b.png", "a.png", "d/c.png"},
                    {0, 0, 0, 0}, {probabilities, 3});
  ASSERT_EQ(wrong.size(), 3U);
  std::string order;
  for (const Misclassified& image : wrong) order += std::to_string(image.row);
  EXPECT_EQ(order, "321");
  EXPECT_THAT(captions_of(wrong[0]),
              testing::ElementsAre("c.png", "true: normal 0.10", "called: other 0.50"));
  EXPECT_THAT(values_of(wrong[0]),
              testing::ElementsAre("d/c.png", "normal", "0.1", "other", "0.5"));
  EXPECT_EQ(values_of(wrong[0]).size(), misclassified_columns().size());
}

}  // namespace
}  // namespace xrayclf
