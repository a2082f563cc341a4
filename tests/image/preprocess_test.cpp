#include "xrayclf/image/preprocess.hpp"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/core/parallel.hpp"
#include "xrayclf/core/sha256.hpp"
#include "xrayclf/image/codec.hpp"

namespace xrayclf {
namespace {

using nlohmann::json;

const std::filesystem::path kShared = XRAYCLF_SHARED;

std::string pixels_sha256(const cv::Mat& image) {
  const cv::Mat rows = image.isContinuous() ? image : image.clone();
  return sha256_hex({reinterpret_cast<const char*>(rows.data), rows.total() * rows.elemSize()});
}

/// As formula_image in scripts/make_preprocess_golden.py.
cv::Mat formula_image(int width, int height, int bits) {
  cv::Mat image(height, width, bits == 8 ? CV_8UC1 : CV_16UC1);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const int slope = x * 120 / width + y * 60 / height;
      const int wave = std::abs((x * 7 + y * 3) % 160 - 80) / 2;
      const int grain = (x * 1103 + y * 7919 + x * y * 31) % 17;
      const int value = slope + wave + grain;
      if (bits == 8) {
        image.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>(std::min(value, 255));
      } else {
        const int fine = value * 256 + (x * 353 + y * 797 + x * y) % 256;
        image.at<std::uint16_t>(y, x) =
            static_cast<std::uint16_t>(std::min(fine, 65535) >> (16 - bits));
      }
    }
  }
  return image;
}

TEST(PreprocessGoldenTest, EqualsOpenCvOnFormulaImages) {
  const json golden =
      read_json_file(std::filesystem::path(XRAYCLF_TEST_DATA) / "golden/preprocess.json");
  for (const json& entry : golden.at("cases")) {
    SCOPED_TRACE(entry.dump());
    const cv::Mat image = formula_image(entry.at("width"), entry.at("height"), entry.at("bits"));
    ASSERT_EQ(pixels_sha256(image), entry.at("input_sha256"));
    const Preprocessor prepare(read_json<PreprocessConfig>(entry.at("config")));
    EXPECT_EQ(pixels_sha256(prepare(image)), entry.at("sha256"));
  }
  EXPECT_EQ(golden.at("cases").size(), 100u);
}

struct Variant {
  const char* key;
  bool clahe;
  Interpolation interpolation;
  StepOrder order;
};

TEST(PreprocessGoldenTest, EqualsOpenCvOnRealFilms) {
  const auto path = kShared / "golden/images/clahe_preprocess.json";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no " << path;
  const Variant variants[] = {
      {"clahe_area224", true, Interpolation::area, StepOrder::clahe_first},
      {"clahe_linear224", true, Interpolation::bilinear, StepOrder::clahe_first},
      {"area224", false, Interpolation::area, StepOrder::clahe_first},
      {"linear224", false, Interpolation::bilinear, StepOrder::clahe_first},
      {"area224_clahe", true, Interpolation::area, StepOrder::resize_first},
      {"linear224_clahe", true, Interpolation::bilinear, StepOrder::resize_first}};
  const json golden = read_json_file(path);
  for (const json& entry : golden.at("images")) {
    const auto film = kShared / entry.at("path").get<std::string>();
    if (!std::filesystem::exists(film)) GTEST_SKIP() << "no " << film;
    const cv::Mat grey = read_image(film).grey;
    for (const Variant& variant : variants) {
      PreprocessConfig config;
      config.clahe.enabled = variant.clahe;
      config.resize.interpolation = variant.interpolation;
      config.resize.order = variant.order;
      EXPECT_EQ(pixels_sha256(Preprocessor(config)(grey)), entry.at(variant.key).at("sha256"))
          << film << " " << variant.key;
    }
  }
}

TEST(PreprocessGoldenTest, EqualsOpenCvOnSmallFilmsWithManySettings) {
  const auto folder = kShared / "golden/images";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no " << folder;
  const json golden = read_json_file(folder / "clahe_preprocess.json");
  int compared = 0;
  for (const json& entry : golden.at("small")) {
    const cv::Mat grey = read_image(folder / entry.at("input").get<std::string>()).grey;
    // The product's tiles and its output are square.
    if (entry.at("tiles_x") != entry.at("tiles_y") || grey.rows != grey.cols) continue;
    PreprocessConfig config;
    config.image_size = grey.cols;
    config.clahe.clip_limit = entry.at("clip_limit");
    config.clahe.tiles = entry.at("tiles_x");
    EXPECT_EQ(pixels_sha256(Preprocessor(config)(grey)), entry.at("sha256")) << entry.dump();
    ++compared;
  }
  EXPECT_GE(compared, 10);
}

TEST(PreprocessTest, SixteenBitFilmsKeepTheirDepthUntilTheEnd) {
  // 257 x of an 8-bit film is that film at 16 bit; without CLAHE nothing may differ but the
  // rounding.
  const cv::Mat grey = formula_image(300, 200, 8);
  cv::Mat deep;
  grey.convertTo(deep, CV_16U, 257);
  PreprocessConfig config;
  config.clahe.enabled = false;
  const Preprocessor prepare(config);
  EXPECT_LE(cv::norm(prepare(grey), prepare(deep), cv::NORM_INF), 1);
  config.sixteen_bit = SixteenBit::reduce_first;
  config.clahe.enabled = true;
  EXPECT_EQ(cv::norm(Preprocessor(config)(grey), Preprocessor(config)(deep), cv::NORM_INF), 0);
}

TEST(PreprocessTest, TwelveBitsInSixteenUseTheWholeRange) {
  cv::Mat twelve(64, 64, CV_16UC1);
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 64; ++x)
      twelve.at<std::uint16_t>(y, x) = static_cast<std::uint16_t>(y * 65);
  }
  PreprocessConfig config;
  config.image_size = 64;
  config.clahe.enabled = false;
  const cv::Mat prepared = Preprocessor(config)(twelve);
  EXPECT_EQ(prepared.at<std::uint8_t>(63, 5), 255);
  EXPECT_EQ(prepared.at<std::uint8_t>(0, 5), 0);
  EXPECT_EQ(prepared.at<std::uint8_t>(32, 5), 130);  // 2080 / 4095 x 255 = 129.5
}

TEST(PreprocessTest, ConstantAndThinImagesGiveAnImage) {
  for (const int type : {CV_8UC1, CV_16UC1}) {
    for (const cv::Size size :
         {cv::Size(300, 200), cv::Size(1, 1), cv::Size(1, 5000), cv::Size(5000, 1)}) {
      for (const double grey : {0.0, 100.0, type == CV_8UC1 ? 255.0 : 65535.0}) {
        for (const AspectRatio aspect : {AspectRatio::stretch, AspectRatio::pad}) {
          PreprocessConfig config;
          config.resize.aspect = aspect;
          const cv::Mat prepared = Preprocessor(config)(cv::Mat(size, type, cv::Scalar(grey)));
          EXPECT_EQ(prepared.size(), cv::Size(224, 224));
          EXPECT_EQ(prepared.type(), CV_8UC1);
        }
      }
    }
  }
}

TEST(PreprocessTest, PaddingKeepsTheAspectRatioAndIsBlack) {
  PreprocessConfig config;
  config.clahe.enabled = false;
  config.resize.aspect = AspectRatio::pad;
  const cv::Mat prepared = Preprocessor(config)(cv::Mat(100, 200, CV_8UC1, cv::Scalar(90)));
  EXPECT_EQ(cv::countNonZero(prepared.rowRange(0, 56)), 0);
  EXPECT_EQ(cv::countNonZero(prepared.rowRange(56, 168) != 90), 0);
  EXPECT_EQ(cv::countNonZero(prepared.rowRange(168, 224)), 0);
}

TEST(PreprocessTest, ThreadsShareAPreprocessor) {
  const cv::Mat grey = formula_image(400, 300, 8);
  const Preprocessor prepare{PreprocessConfig{}};
  const std::string alone = pixels_sha256(prepare(grey));
  std::vector<std::string> together(64);
  parallel_for(64, 8, [&](std::int64_t i) {
    together[static_cast<std::size_t>(i)] = pixels_sha256(prepare(grey));
  });
  EXPECT_THAT(together, testing::Each(alone));
}

TEST(PreprocessTest, RefusesSettingsOutOfRange) {
  PreprocessConfig config;
  config.image_size = 0;
  EXPECT_THROW(Preprocessor{config}, ConfigError);
  config = {};
  config.clahe.tiles = 0;
  EXPECT_THROW(Preprocessor{config}, ConfigError);
}

TEST(PreprocessTest, FingerprintChangesWithEverySetting) {
  const std::string base = preprocessing_fingerprint({});
  EXPECT_EQ(base.size(), 64u);
  EXPECT_EQ(preprocessing_fingerprint({}), base);
  const json changes = {{{"image_size", 225}},
                        {{"clahe", {{"enabled", false}}}},
                        {{"clahe", {{"clip_limit", 2.5}}}},
                        {{"clahe", {{"tiles", 4}}}},
                        {{"resize", {{"interpolation", "bilinear"}}}},
                        {{"resize", {{"order", "resize_first"}}}},
                        {{"resize", {{"aspect", "pad"}}}},
                        {{"sixteen_bit", "reduce_first"}}};
  EXPECT_EQ(changes.size(), describe<PreprocessConfig>().size());
  for (const json& change : changes) {
    EXPECT_NE(preprocessing_fingerprint(resolve_config<PreprocessConfig>({}, change)), base)
        << change.dump();
  }
}

TEST(PreprocessTest, FingerprintOfTheDefaultsIsFixed) {
  // Prepared sets in the field carry it: changing it on purpose means raising kSemanticsVersion.
  EXPECT_EQ(preprocessing_fingerprint({}),
            "ef3c6ba494129df3f27e41ab482f82c0ad152d55ce40333146c41d3a76b5f800");
}

}  // namespace
}  // namespace xrayclf
