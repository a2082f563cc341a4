#include "xrayclf/augment/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xrayclf::testing {
namespace {

using namespace transforms;
using nlohmann::json;
using ::testing::HasSubstr;

AugmentConfig config_of(const char* pipeline) {
  return read_json<AugmentConfig>({{"pipeline", json::parse(pipeline)}}, "augment");
}

std::string failure(const char* pipeline) {
  try {
    config_of(pipeline);
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "";
}

TEST(AugmentConfigTest, ATransformTakesItsOwnParametersOverItsOwnDefaults) {
  const auto config = config_of(
      R"([{"transform": "rotate", "degrees": [-5, 7]}, {"transform": "affine", "border": "replicate"}])");
  ASSERT_EQ(config.pipeline.size(), 2u);
  const auto& rotate = std::get<Rotate>(config.pipeline[0].transform);
  EXPECT_EQ(rotate.degrees.low, -5);
  EXPECT_EQ(rotate.degrees.high, 7);
  EXPECT_EQ(rotate.p, 0.5);
  EXPECT_EQ(std::get<Affine>(config.pipeline[1].transform).p, 1);
}

TEST(AugmentConfigTest, WritesBackWhatItReads) {
  for (const auto& preset : EnumNames<AugmentPreset>::value) {
    const AugmentConfig config{.pipeline = pipeline_of({.preset = preset.first})};
    const json written = write_json(config);
    EXPECT_EQ(write_json(read_json<AugmentConfig>(written)), written) << preset.second;
  }
}

TEST(AugmentConfigTest, AnUnknownParameterIsRefusedByName) {
  EXPECT_EQ(failure(R"([{"transform": "rotate"}, {"transform": "rotate", "degres": [0, 1]}])"),
            "unknown key 'augment.pipeline[1].degres' (did you mean 'degrees'?)");
  EXPECT_THAT(failure(R"([{"transform": "horizontal_flip", "border": "reflect"}])"),
              HasSubstr("unknown key 'augment.pipeline[0].border'"));
}

TEST(AugmentConfigTest, AnUnknownTransformIsRefusedWithTheNearestName) {
  EXPECT_THAT(failure(R"([{"transform": "rotat"}])"),
              HasSubstr("got 'rotat' (did you mean 'rotate'?)"));
  EXPECT_THAT(failure(R"([{"degrees": [0, 1]}])"),
              HasSubstr("whose key 'transform' is one of rotate"));
  EXPECT_THAT(failure(R"(["rotate"])"), HasSubstr("whose key 'transform'"));
}

TEST(AugmentConfigTest, RangesAreTwoOrderedNumbersWithinTheirLimits) {
  EXPECT_THAT(failure(R"([{"transform": "rotate", "degrees": 15}])"),
              HasSubstr("augment.pipeline[0].degrees must be a list [low, high], got 15"));
  EXPECT_THAT(failure(R"([{"transform": "rotate", "degrees": [5, -5]}])"),
              HasSubstr("low <= high"));
  EXPECT_THAT(failure(R"([{"transform": "zoom", "factor": [0, 1]}])"),
              HasSubstr("factor must be within [0.1, 10.0], got [0.0,1.0]"));
  EXPECT_THAT(failure(R"([{"transform": "coarse_dropout", "holes": [1, 2.5]}])"),
              HasSubstr("holes[1] must be a whole number"));
  EXPECT_THAT(failure(R"([{"transform": "rotate", "p": 1.5}])"),
              HasSubstr("p must be in [0.0, 1.0]"));
}

TEST(AugmentConfigTest, ContradictionsWithinATransformAreRefused) {
  EXPECT_THAT(failure(R"([{"transform": "gaussian_blur", "kernel": [3, 6]}])"),
              HasSubstr("odd ends"));
  EXPECT_THAT(failure(R"([{"transform": "gaussian_blur", "sigma": [0, 0]}])"),
              HasSubstr("sigma must be above 0"));
  EXPECT_THAT(failure(R"([{"transform": "coarse_dropout", "height": [8, 8]}])"),
              HasSubstr("within [0, 1] where the unit is fraction"));
  EXPECT_THAT(failure(R"([{"transform": "coarse_dropout", "unit": "pixels", "height": [8.5, 9]}])"),
              HasSubstr("whole where the unit is pixels"));
  EXPECT_THAT(failure(R"([{"transform": "elastic", "legacy_affine": true}])"),
              HasSubstr("legacy_affine needs the semantics albumentations_1_3_1"));
}

TEST(AugmentConfigTest, PresetAndPipelineExcludeEachOther) {
  auto config = config_of(R"([{"transform": "rotate"}])");
  config.preset = AugmentPreset::chest;
  EXPECT_THROW(pipeline_of(config), ConfigError);
}

TEST(AugmentConfigTest, KeptLateralityLeavesOutEveryHorizontalFlip) {
  for (const auto& preset : EnumNames<AugmentPreset>::value) {
    for (const PipelineStep& step :
         pipeline_of({.preset = preset.first, .laterality = Laterality::kept})) {
      EXPECT_FALSE(std::holds_alternative<HorizontalFlip>(step.transform));
      const auto* keras = std::get_if<KerasImageDataGenerator>(&step.transform);
      EXPECT_TRUE(keras == nullptr || !keras->horizontal_flip);
    }
  }
}

TEST(AugmentConfigTest, ThePipelineIsAFlagOfJson) {
  const auto docs = describe<AugmentConfig>();
  ASSERT_EQ(docs.size(), 3u);
  EXPECT_EQ(docs[0].default_value, "none");
  EXPECT_EQ(docs[1].path, "pipeline");
  EXPECT_EQ(docs[1].kind, FieldKind::object_list);
}

}  // namespace
}  // namespace xrayclf::testing
