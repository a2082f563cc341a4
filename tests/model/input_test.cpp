#include "xrayclf/model/input.hpp"

#include <gtest/gtest.h>

#include "support/tiny_network.hpp"
#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {

TEST(InputTest, NormalisesEachChannelFromTheSameGrey) {
  cv::Mat image(1, 3, CV_8UC1);
  image.at<uchar>(0, 0) = 0;
  image.at<uchar>(0, 1) = 127;
  image.at<uchar>(0, 2) = 255;
  const torch::Tensor x = to_input({image}, {});
  EXPECT_EQ(x.sizes(), (std::vector<int64_t>{1, 3, 1, 3}));
  EXPECT_FLOAT_EQ(x[0][0][0][0].item<float>(), (0.0F - 0.485F) / 0.229F);
  EXPECT_FLOAT_EQ(x[0][1][0][1].item<float>(), (127.0F / 255.0F - 0.456F) / 0.224F);
  EXPECT_FLOAT_EQ(x[0][2][0][2].item<float>(), (1.0F - 0.406F) / 0.225F);
}

TEST(InputTest, LiteSpecificationIsMinus127By128) {
  InputSpec lite;
  lite.mean.fill(127.0 / 255.0);
  lite.std.fill(128.0 / 255.0);
  cv::Mat image(1, 1, CV_8UC1, cv::Scalar(200));
  EXPECT_NEAR(to_input({image}, lite).mean().item<double>(), (200.0 - 127.0) / 128.0, 1e-6);
}

TEST(InputTest, ViewsAndTensorsGiveTheSameBatch) {
  const cv::Mat large = testing::tiny_image(0, 48);
  const cv::Mat view = large(cv::Rect(5, 7, 32, 32));
  const cv::Mat other = testing::tiny_image(1);
  const torch::Tensor expected = to_input({view.clone(), other}, {});
  EXPECT_TRUE(torch::equal(to_input({view, other}, {}), expected));
  const torch::Tensor grey = torch::empty({2, 32, 32}, torch::kUInt8);
  view.clone().copyTo(cv::Mat(32, 32, CV_8UC1, grey[0].data_ptr<uint8_t>()));
  other.copyTo(cv::Mat(32, 32, CV_8UC1, grey[1].data_ptr<uint8_t>()));
  EXPECT_TRUE(torch::equal(to_input(grey, {}), expected));
}

TEST(InputTest, RefusesBatchesItCannotStack) {
  EXPECT_THROW(to_input(std::vector<cv::Mat>{}, {}), DataError);
  EXPECT_THROW(to_input({testing::tiny_image(0, 32), testing::tiny_image(0, 31)}, {}), DataError);
  EXPECT_THROW(to_input({cv::Mat(4, 4, CV_16UC1, cv::Scalar(0))}, {}), DataError);
  EXPECT_THROW(to_input({cv::Mat(4, 4, CV_8UC3, cv::Scalar(0))}, {}), DataError);
  EXPECT_THROW(to_input(torch::zeros({1, 4, 4}), {}), DataError);
}

TEST(InputTest, SpecificationSurvivesJsonAndIsChecked) {
  const InputSpec spec{{0.1, 0.2, 0.3}, {1.0, 0.5, 0.25}};
  EXPECT_EQ(input_spec_from_json(to_json(spec)), spec);
  for (const char* bad :
       {R"([])", R"({"mean":[0,0,0]})", R"({"mean":[0,0],"std":[1,1,1]})",
        R"({"mean":[0,0,0],"std":[1,0,1]})", R"({"mean":[0,0,"x"],"std":[1,1,1]})"}) {
    EXPECT_THROW(input_spec_from_json(nlohmann::json::parse(bad)), ConfigError) << bad;
  }
}

}  // namespace
}  // namespace xrayclf
