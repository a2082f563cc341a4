#pragma once

#include <array>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "xrayclf/augment/affine.hpp"
#include "xrayclf/augment/blur.hpp"
#include "xrayclf/augment/crop.hpp"
#include "xrayclf/augment/distortion.hpp"
#include "xrayclf/augment/dropout.hpp"
#include "xrayclf/augment/elastic.hpp"
#include "xrayclf/augment/flip.hpp"
#include "xrayclf/augment/intensity.hpp"
#include "xrayclf/augment/keras.hpp"
#include "xrayclf/augment/mixing.hpp"
#include "xrayclf/core/fields.hpp"

namespace xrayclf {

/// Every transform that a pipeline may hold.
using Transform =
    std::variant<transforms::Rotate, transforms::Shift, transforms::Shear, transforms::Zoom,
                 transforms::Affine, transforms::HorizontalFlip, transforms::RandomResizedCrop,
                 transforms::Brightness, transforms::Contrast, transforms::BrightnessContrast,
                 transforms::Gamma, transforms::Clahe, transforms::GaussianBlur,
                 transforms::GaussianNoise, transforms::Elastic, transforms::GridDistortion,
                 transforms::OpticalDistortion, transforms::CoarseDropout,
                 transforms::KerasImageDataGenerator, transforms::Mixup, transforms::Cutmix>;

/// One entry of a pipeline. In JSON an object with the key "transform" and the transform's own
/// keys, whose defaults are per transform: {"transform": "rotate", "p": 0.5, "degrees": [-10, 10]}.
struct PipelineStep {
  Transform transform;

  const char* name() const;
  double probability() const;
  static PipelineStep from_json(const nlohmann::json& in, const std::string& path, Required mode);
  nlohmann::json to_json() const;
};

/// Ready pipelines.
///   keras_image_data_generator  the reference study's generator: rotation 15 degrees, shifts 0.1,
///   zoom
///                               0.1, flip, in one warp; Keras 2.13.1
///   albumentations_1_3_1        its seven transforms as version 1.3.1 runs them, each with p 0.5
///   albumentations_2_0_8        the same arguments as version 2.0.8 understands them
///   chest                       for accuracy: flip, one small affine warp, mild grey changes
enum class AugmentPreset {
  none,
  keras_image_data_generator,
  albumentations_1_3_1,
  albumentations_2_0_8,
  chest
};
template <>
struct EnumNames<AugmentPreset> {
  static constexpr std::array<std::pair<AugmentPreset, std::string_view>, 5> value{
      {{AugmentPreset::none, "none"},
       {AugmentPreset::keras_image_data_generator, "keras_image_data_generator"},
       {AugmentPreset::albumentations_1_3_1, "albumentations_1_3_1"},
       {AugmentPreset::albumentations_2_0_8, "albumentations_2_0_8"},
       {AugmentPreset::chest, "chest"}}};
};

/// Whether horizontal flips may put the heart on the other side.
enum class Laterality { free, kept };
template <>
struct EnumNames<Laterality> {
  static constexpr std::array<std::pair<Laterality, std::string_view>, 2> value{
      {{Laterality::free, "free"}, {Laterality::kept, "kept"}}};
};

struct AugmentConfig {
  AugmentPreset preset = AugmentPreset::none;
  std::vector<PipelineStep> pipeline = {};
  Laterality laterality = Laterality::free;

  template <class Field>
  static void fields(Field&& field) {
    field("preset", &AugmentConfig::preset, "A ready pipeline");
    field(
        "pipeline", &AugmentConfig::pipeline,
        "Transforms in order, instead of a preset: a list of objects with the key 'transform' and "
        "its parameters; `xrayclf augment --preview off` prints a preset in this form");
    field("laterality", &AugmentConfig::laterality,
          "Whether horizontal flips are left out, since they put the heart on the other side");
  }
};

/// The transforms of the preset or the pipeline, flips removed where laterality is kept. Throws
/// ConfigError where both are given.
std::vector<PipelineStep> pipeline_of(const AugmentConfig& config);

}  // namespace xrayclf
