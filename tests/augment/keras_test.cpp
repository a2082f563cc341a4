#include "xrayclf/augment/keras.hpp"

#include <gtest/gtest.h>

#include "augment/golden.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/image/codec.hpp"

namespace xrayclf::testing {
namespace {

using nlohmann::json;
using transforms::FillMode;
using transforms::KerasImageDataGenerator;

KerasImageDataGenerator generator_of(const json& row) {
  KerasImageDataGenerator out;
  out.fill_mode = enum_from_name<FillMode>(row.at("fill_mode").get<std::string>(), "fill_mode");
  out.cval = row.at("cval");
  return out;
}

TEST(KerasGoldenTest, ViewsEqualKerasOnFilms) {
  const std::filesystem::path folder = std::filesystem::path(XRAYCLF_SHARED) / "golden/images";
  if (!exists(folder / "keras_augment.json")) GTEST_SKIP() << "no shared golden images";
  const json golden = read_json_file(folder / "keras_augment.json");
  ASSERT_GT(golden.at("rows").size(), 100u);
  for (const json& row : golden.at("rows")) {
    SCOPED_TRACE(row.at("output"));
    const cv::Mat input = read_image(folder / row.at("input").get<std::string>()).grey;
    const cv::Mat expected = read_image(folder / row.at("output").get<std::string>()).grey;
    const auto generator = generator_of(row);
    const auto parameters = keras_parameters(row.at("parameters"));

    const cv::Mat matrix = matrix_of(row.at("matrix_out_to_in_row_col"));
    EXPECT_LE(
        cv::norm(cv::Mat(transforms::keras_matrix(parameters, input.size())), matrix, cv::NORM_INF),
        1e-9);
    const cv::Mat exact = generator.apply_to_float(input, parameters);
    EXPECT_NEAR(cv::mean(exact)[0], row.at("mean").get<double>(), 1e-3);
    for (int i = 0; i < 8; ++i) {
      for (int j = 0; j < 8; ++j) {
        const double sample =
            row.at("sample8")[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
        EXPECT_NEAR(exact.at<float>((2 * i + 1) * input.rows / 16, (2 * j + 1) * input.cols / 16),
                    sample, 1e-3);
      }
    }
    EXPECT_LE(largest_difference(generator.apply(input, parameters), expected), 1);
  }
}

TEST(KerasGoldenTest, ViewsEqualScipyOnASyntheticImage) {
  const json golden =
      read_json_file(std::filesystem::path(XRAYCLF_TEST_DATA) / "golden/augment/keras.json");
  for (const json& row : golden.at("rows")) {
    SCOPED_TRACE(row.dump().substr(0, 200));
    const cv::Mat input = matrix_of(golden.at("input"), CV_8U);
    const cv::Mat got =
        generator_of(row).apply_to_float(input, keras_parameters(row.at("parameters")));
    EXPECT_LE(largest_difference(got, matrix_of(row.at("output"), CV_32F)), 1e-3);
  }
}

TEST(KerasTest, SixteenBitGivesTheSamePictureAtItsOwnScale) {
  cv::Mat small(20, 24, CV_8U);
  cv::randu(small, 0, 256);
  cv::Mat deep;
  small.convertTo(deep, CV_16U, 257);
  const KerasImageDataGenerator generator;
  const KerasImageDataGenerator::Parameters parameters{.theta = 7, .tx = 1.3, .zx = 1.1};
  const cv::Mat expected = generator.apply_to_float(small, parameters) * 257;
  EXPECT_LE(largest_difference(generator.apply_to_float(deep, parameters), expected), 0.05);
  EXPECT_EQ(generator.apply(deep, parameters).type(), CV_16UC1);
}

TEST(KerasTest, OnePixelImagesHaveAllFillModes) {
  const cv::Mat dot(1, 1, CV_8U, cv::Scalar(9));
  for (const FillMode mode : {FillMode::nearest, FillMode::reflect, FillMode::wrap}) {
    KerasImageDataGenerator generator;
    generator.fill_mode = mode;
    EXPECT_EQ(generator.apply(dot, {.theta = 30, .tx = 3}).at<std::uint8_t>(0), 9);
  }
}

}  // namespace
}  // namespace xrayclf::testing
