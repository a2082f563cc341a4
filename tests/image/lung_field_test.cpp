#include <gtest/gtest.h>

#include "xrayclf/image/lung_field.hpp"
#include "xrayclf/image/phantom.hpp"
#include "xrayclf/image/preprocess.hpp"

namespace xrayclf {
namespace {

TEST(LungFieldTest, MostPhantomsHaveOneInBothHalvesAndNoneInTheCorners) {
  PreprocessConfig config;
  const Preprocessor prepare(config);
  int found = 0;
  for (int patient = 0; patient < 12; ++patient) {
    PhantomParameters parameters;
    parameters.patient = patient;
    const LungField field = lung_field(prepare(draw_phantom(parameters)));
    ASSERT_EQ(field.mask.size(), cv::Size(224, 224));
    found += field.found;
    EXPECT_GT(field.mask.at<uchar>(110, 65), 0) << "left half, patient " << patient;
    EXPECT_GT(field.mask.at<uchar>(110, 160), 0) << "right half, patient " << patient;
    EXPECT_EQ(field.mask.at<uchar>(3, 3), 0);
    EXPECT_EQ(field.mask.at<uchar>(220, 112), 0);
  }
  EXPECT_GE(found, 9);
}

TEST(LungFieldTest, WithoutLungsTheAveragePlaceIsTakenAndSaidToBe) {
  const LungField field = lung_field(cv::Mat(100, 80, CV_8UC1, cv::Scalar(90)));
  EXPECT_FALSE(field.found);
  EXPECT_EQ(field.mask.size(), cv::Size(80, 100));
  EXPECT_GT(field.mask.at<uchar>(48, 23), 0);
  EXPECT_EQ(field.mask.at<uchar>(48, 40), 0);
}

}  // namespace
}  // namespace xrayclf
