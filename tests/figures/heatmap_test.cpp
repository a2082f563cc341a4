#include <gtest/gtest.h>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "xrayclf/figures/explanation_plot.hpp"
#include "xrayclf/figures/heatmap.hpp"
#include "xrayclf/figures/panel.hpp"

namespace xrayclf {
namespace {

cv::Mat film() {
  cv::Mat out(40, 60, CV_8UC1);
  cv::randu(out, 0, 256);
  return out;
}

cv::Mat constant_heat(float value) { return cv::Mat(40, 60, CV_32FC1, cv::Scalar(value)); }

cv::Mat as_colour(const cv::Mat& grey) {
  cv::Mat out;
  cv::cvtColor(grey, out, cv::COLOR_GRAY2BGR);
  return out;
}

TEST(HeatmapTest, OpacityGoesFromTheFilmToTheColours) {
  OverlayConfig config;
  config.opacity = 0;
  const cv::Mat grey = film();
  EXPECT_EQ(
      cv::norm(draw_overlay(grey, constant_heat(0.7F), config), as_colour(grey), cv::NORM_INF), 0);
  config.opacity = 1;
  EXPECT_EQ(cv::norm(draw_overlay(grey, constant_heat(0.7F), config),
                     colour_heat(constant_heat(0.7F), config), cv::NORM_INF),
            0);
  config.opacity = 0.5;
  const cv::Mat half = draw_overlay(grey, constant_heat(0.7F), config);
  cv::Mat want;
  cv::addWeighted(as_colour(grey), 0.5, colour_heat(constant_heat(0.7F), config), 0.5, 0, want);
  EXPECT_LE(cv::norm(half, want, cv::NORM_INF), 1);
}

TEST(HeatmapTest, JetIsBlueWhereColdAndRedWhereHot) {
  const OverlayConfig config;
  const cv::Vec3b cold = colour_heat(constant_heat(0), config).at<cv::Vec3b>(0, 0);
  const cv::Vec3b hot = colour_heat(constant_heat(1), config).at<cv::Vec3b>(0, 0);
  EXPECT_GT(cold[0], 100);
  EXPECT_EQ(cold[2], 0);
  EXPECT_GT(hot[2], 100);
  EXPECT_EQ(hot[0], 0);
}

TEST(HeatmapTest, WithBlendHeatColdPlacesShowTheFilm) {
  OverlayConfig config;
  config.blend = OverlayBlend::heat;
  const cv::Mat grey = film();
  EXPECT_EQ(cv::norm(draw_overlay(grey, constant_heat(0), config), as_colour(grey), cv::NORM_INF),
            0);
  EXPECT_GT(cv::norm(draw_overlay(grey, constant_heat(1), config), as_colour(grey), cv::NORM_INF),
            50);
}

TEST(HeatmapTest, FullScaleIsTheHeatOfTheLastColour) {
  OverlayConfig config;
  const cv::Mat one = colour_heat(constant_heat(1), config);
  config.full_scale = 4;
  EXPECT_EQ(cv::norm(colour_heat(constant_heat(4), config), one, cv::NORM_INF), 0);
  EXPECT_GT(cv::norm(colour_heat(constant_heat(1), config), one, cv::NORM_INF), 50);
}

TEST(HeatmapTest, TwelveBitFilmsAreShownInFullBrightness) {
  cv::Mat twelve(4, 4, CV_16UC1, cv::Scalar(2048));
  twelve.at<std::uint16_t>(0, 0) = 4095;
  const cv::Mat shown = displayable(twelve);
  EXPECT_EQ(shown.at<uchar>(0, 0), 255);
  EXPECT_NEAR(shown.at<uchar>(1, 1), 128, 1);
}

TEST(PanelTest, HoldsThePicturesAndManyClasses) {
  PanelContent content;
  content.grey = film();
  content.heat = constant_heat(0.5F);
  content.name = "a film with a very long name that does not fit.png";
  content.method = "gradcam";
  content.explained = "class 0";
  for (int i = 0; i < 30; ++i) {
    content.classes.push_back("class " + std::to_string(i));
    content.probabilities.push_back(i == 0 ? 0.71 : 0.01);
  }
  const cv::Mat panel = draw_panel(content, {}, 200);
  EXPECT_EQ(panel.type(), CV_8UC3);
  EXPECT_GT(panel.cols, 3 * 200);
  EXPECT_GT(panel.rows, 200);
  content.true_class = "class 29";
  EXPECT_GT(cv::norm(panel, draw_panel(content, {}, 200), cv::NORM_INF), 0);
}

TEST(ExplanationPlotTest, EmptyFiguresMakeAPlotThatSaysSo) {
  const Plot plot = explanation_plot({});
  EXPECT_NE(plot.script.find("not measured"), std::string::npos);
  ExplanationFigures figures;
  figures.insertion = figures.insertion_random = figures.deletion =
      figures.deletion_random = {{0.1, 0.5, 0.9}, {0.0, 0.4, 0.8}, {0.2, 0.6, 1.0}};
  figures.stages = {"head", "features.8"};
  figures.similarity = {{0.5, 0.1}, {0.4, 0.0}, {0.6, 0.2}};
  const Plot full = explanation_plot(figures);
  EXPECT_NE(full.csv.find("features.8"), std::string::npos);
  EXPECT_NE(full.csv.find(",1,0.9,0.8,1,insertion"), std::string::npos);
}

}  // namespace
}  // namespace xrayclf
