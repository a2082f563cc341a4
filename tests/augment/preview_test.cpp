#include "xrayclf/augment/preview.hpp"

#include <gtest/gtest.h>
#include <opencv2/core.hpp>

#include "augment/golden.hpp"
#include "xrayclf/augment/augmenter.hpp"

namespace xrayclf::testing {
namespace {

cv::Mat ramp(int side) {
  cv::Mat out(side, side, CV_8U);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      out.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>((2 * x + y) % 200);
    }
  }
  return out;
}

TEST(PreviewTest, HasARowForEachTransformAndOneForAll) {
  const AugmentConfig config{.preset = AugmentPreset::chest};
  const cv::Mat one = draw_preview(ramp(100), config, 1, 1);
  const cv::Mat five = draw_preview(ramp(100), config, 5, 1);
  EXPECT_EQ(five.cols - one.cols, 4 * 106);
  const int rows = static_cast<int>(pipeline_of(config).size()) + 1;
  EXPECT_EQ(one.rows / 106, rows);
}

TEST(PreviewTest, TheLastRowShowsTheViewsOfTraining) {
  const AugmentConfig config{.preset = AugmentPreset::chest};
  const cv::Mat grid = draw_preview(ramp(100), config, 3, 7);
  const cv::Mat last = Augmenter(config).view(ramp(100), 7, 0, 2);
  const cv::Rect corner(grid.cols - 106, grid.rows - 106, 100, 100);
  EXPECT_EQ(largest_difference(grid(corner), last), 0);
}

TEST(PreviewTest, RefusesWhatItCannotDraw) {
  EXPECT_THROW(draw_preview(ramp(32), {}, 6, 1), ConfigError);
  const auto mixup = read_json<AugmentConfig>({{"pipeline", {{{"transform", "mixup"}}}}});
  EXPECT_THROW(draw_preview(ramp(32), mixup, 6, 1), ConfigError);
  EXPECT_THROW(draw_preview(ramp(2048), {.preset = AugmentPreset::albumentations_1_3_1}, 64, 1),
               ConfigError);
}

}  // namespace
}  // namespace xrayclf::testing
