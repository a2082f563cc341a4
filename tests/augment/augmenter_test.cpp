#include "xrayclf/augment/augmenter.hpp"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <sstream>

#include "augment/golden.hpp"
#include "xrayclf/core/parallel.hpp"

namespace xrayclf::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

cv::Mat film(int type = CV_8U, cv::Size size = {96, 80}) {
  cv::Mat out(size, type);
  for (int y = 0; y < out.rows; ++y) {
    for (int x = 0; x < out.cols; ++x) {
      const int v = (7 * x + 3 * y + (x * y) % 31) % 256;
      if (type == CV_8U) out.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>(v);
      if (type == CV_16U) out.at<std::uint16_t>(y, x) = static_cast<std::uint16_t>(v * 257);
    }
  }
  return out;
}

std::uint64_t hash_of(const cv::Mat& image) {
  std::uint64_t hash = 0;
  for (const auto byte : cv::Mat_<std::uint8_t>(image.reshape(1, 1))) {
    hash = derive_seed(hash, {byte});
  }
  return hash;
}

/// Every transform of single images, each certain.
AugmentConfig everything() {
  json pipeline = json::array();
  for (const char* name :
       {"rotate", "shift", "shear", "zoom", "affine", "horizontal_flip", "random_resized_crop",
        "brightness", "contrast", "brightness_contrast", "gamma", "clahe", "gaussian_blur",
        "gaussian_noise", "elastic", "grid_distortion", "optical_distortion", "coarse_dropout",
        "keras_image_data_generator"}) {
    pipeline.push_back({{"transform", name}, {"p", 1}});
  }
  return read_json<AugmentConfig>({{"pipeline", pipeline}});
}

/// What spdlog says while `work` runs.
template <class Work>
std::string logged(Work work) {
  std::ostringstream text;
  const auto before = spdlog::default_logger();
  spdlog::set_default_logger(std::make_shared<spdlog::logger>(
      "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text)));
  work();
  spdlog::set_default_logger(before);
  return text.str();
}

TEST(AugmenterTest, EveryPresetKeepsSizeAndTypeAndLeavesTheImageAlone) {
  spdlog::set_level(spdlog::level::err);
  std::vector<AugmentConfig> configs = {everything()};
  for (const auto& preset : EnumNames<AugmentPreset>::value)
    configs.push_back({.preset = preset.first});
  for (const AugmentConfig& config : configs) {
    const Augmenter augmenter(config);
    for (const int type : {CV_8U, CV_16U}) {
      const cv::Mat image = film(type);
      for (int index = 0; index < 20; ++index) {
        const cv::Mat view = augmenter.view(image, 1, 0, index);
        EXPECT_EQ(view.size(), image.size());
        EXPECT_EQ(view.type(), image.type());
      }
      EXPECT_EQ(largest_difference(image, film(type)), 0);
    }
  }
  spdlog::set_level(spdlog::level::info);
}

TEST(AugmenterTest, AViewIsAFunctionOfSeedEpochAndIndex) {
  const Augmenter augmenter({.preset = AugmentPreset::chest});
  const auto hash = [&](std::uint64_t seed, std::int64_t epoch, std::int64_t index) {
    return hash_of(augmenter.view(film(), seed, epoch, index));
  };
  EXPECT_EQ(hash(1, 2, 3), hash(1, 2, 3));
  EXPECT_NE(hash(1, 2, 3), hash(2, 2, 3));
  EXPECT_NE(hash(1, 2, 3), hash(1, 3, 3));
  EXPECT_NE(hash(1, 2, 3), hash(1, 2, 4));
  EXPECT_NE(hash(1, 2, 3), hash(1, 3, 2));
}

TEST(AugmenterTest, ViewsAreTheSameAtAnyNumberOfWorkersAndInAnyOrder) {
  const Augmenter augmenter(everything());
  const auto hashes = [&](std::int64_t workers, bool backwards) {
    std::vector<std::uint64_t> out(24);
    parallel_for(24, workers, [&](std::int64_t i) {
      const std::int64_t index = backwards ? 23 - i : i;
      out[static_cast<std::size_t>(index)] = hash_of(augmenter.view(film(), 9, 4, index));
    });
    return out;
  };
  const auto alone = hashes(1, false);
  EXPECT_EQ(hashes(4, false), alone);
  EXPECT_EQ(hashes(3, true), alone);
}

TEST(AugmenterTest, ATransformsDrawsDoNotDependOnTheOthers) {
  const auto with_first = [](const char* first) {
    return Augmenter(read_json<AugmentConfig>(
        {{"pipeline", {{{"transform", first}, {"p", 0}}, {{"transform", "affine"}}}}}));
  };
  EXPECT_EQ(hash_of(with_first("rotate").view(film(), 1, 1, 1)),
            hash_of(with_first("elastic").view(film(), 1, 1, 1)));
}

TEST(AugmenterTest, ProbabilitiesHold) {
  const Augmenter augmenter(
      read_json<AugmentConfig>({{"pipeline", {{{"transform", "horizontal_flip"}, {"p", 0.3}}}}}));
  const cv::Mat image = film();
  int flipped = 0;
  for (int index = 0; index < 2000; ++index) {
    flipped += largest_difference(augmenter.view(image, 1, 0, index), image) > 0;
  }
  EXPECT_NEAR(flipped, 600, 82);  // four standard deviations
}

TEST(AugmenterTest, WithoutAPipelineTheViewIsTheImage) {
  const Augmenter augmenter{AugmentConfig{}};
  EXPECT_FALSE(augmenter.changes_images());
  EXPECT_FALSE(augmenter.mixes_batches());
  EXPECT_EQ(largest_difference(augmenter.view(film(), 1, 2, 3), film()), 0);
  EXPECT_EQ(augmenter.batch_mix(1, 2, 3, 8, {8, 8}).kind, MixKind::none);
}

TEST(AugmenterTest, WarnsOfElasticThatDoesMoreOrLessThanItSeems) {
  EXPECT_THAT(
      logged([] { Augmenter({.preset = AugmentPreset::albumentations_1_3_1}); }),
      AllOf(HasSubstr("strong random affine warp"), HasSubstr("less than a tenth of a pixel")));
  EXPECT_THAT(logged([] { Augmenter({.preset = AugmentPreset::albumentations_2_0_8}); }),
              HasSubstr("changes next to nothing"));
  EXPECT_EQ(logged([] { Augmenter({.preset = AugmentPreset::chest}); }), "");
  EXPECT_EQ(logged([] { Augmenter{everything()}; }), "");
}

TEST(AugmenterTest, AChestViewIsFarFasterThanANetwork) {
  const Augmenter augmenter({.preset = AugmentPreset::chest});
  const cv::Mat image = film(CV_8U, {224, 224});
  const auto start = std::chrono::steady_clock::now();
  for (int index = 0; index < 200; ++index) augmenter.view(image, 1, 0, index);
  const double each =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count() /
      200;
  RecordProperty("milliseconds_per_view", std::to_string(each));
  // About 0.2 ms on one core; the limit leaves room for sanitizers and busy machines.
  EXPECT_LT(each, 20);
}

}  // namespace
}  // namespace xrayclf::testing
