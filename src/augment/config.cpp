#include "xrayclf/augment/config.hpp"

#include <type_traits>

namespace xrayclf {
namespace {

using namespace transforms;

template <std::size_t... I>
std::vector<std::string> transform_names(std::index_sequence<I...>) {
  return {std::variant_alternative_t<I, Transform>::kName...};
}

template <class T>
T read_transform(const nlohmann::json& in, const std::string& path, Required mode) {
  T out = read_json<T>(in, path, mode);
  if constexpr (requires { out.validate(path); }) out.validate(path);
  return out;
}

/// Reads into the alternative of that name; false where there is none.
template <std::size_t... I>
bool read_named(Transform& into, const std::string& name, const nlohmann::json& in,
                const std::string& path, Required mode, std::index_sequence<I...>) {
  const auto matches = [&]<class T>(std::type_identity<T>) {
    if (name != T::kName) return false;
    into = read_transform<T>(in, path, mode);
    return true;
  };
  return (matches(std::type_identity<std::variant_alternative_t<I, Transform>>{}) || ...);
}

constexpr auto kAll = std::make_index_sequence<std::variant_size_v<Transform>>{};

std::vector<PipelineStep> steps(std::initializer_list<Transform> transforms) {
  std::vector<PipelineStep> out;
  for (const Transform& transform : transforms) out.push_back({transform});
  return out;
}

std::vector<PipelineStep> albumentations_1_3_1() {
  constexpr auto kVersion = Semantics::albumentations_1_3_1;
  return steps(
      {Rotate{}, HorizontalFlip{}, BrightnessContrast{.semantics = kVersion},
       GaussianBlur{.kernel = {3, 7}, .sigma = {0, 0}, .semantics = kVersion},
       GridDistortion{.normalized = false, .semantics = kVersion, .border = Border::reflect_101},
       Elastic{.alpha = 1, .sigma = 50, .legacy_affine = true, .semantics = kVersion},
       CoarseDropout{
           .holes = {8, 8}, .height = {32, 32}, .width = {32, 32}, .unit = SizeUnit::pixels}});
}

/// The arguments of 1.3.1 for dropout and for the elastic affine are unknown to 2.0.8, which warns
/// and takes its defaults.
std::vector<PipelineStep> albumentations_2_0_8() {
  return steps({Rotate{.border = Border::constant}, HorizontalFlip{}, BrightnessContrast{},
                GaussianBlur{.kernel = {3, 7}}, GridDistortion{},
                Elastic{.alpha = 1, .sigma = 50, .border = Border::constant}, CoarseDropout{}});
}

/// Small changes that a radiographer could have caused: how the patient stood and how the film was
/// exposed.
std::vector<PipelineStep> chest() {
  return steps({HorizontalFlip{}, Affine{},
                BrightnessContrast{.brightness = {-0.1, 0.1}, .contrast = {-0.15, 0.15}},
                Gamma{.p = 0.3, .gamma = {0.85, 1.18}}});
}

std::vector<PipelineStep> preset_pipeline(AugmentPreset preset) {
  switch (preset) {
    case AugmentPreset::none:
      return {};
    case AugmentPreset::keras_image_data_generator:
      return steps({KerasImageDataGenerator{}});
    case AugmentPreset::albumentations_1_3_1:
      return albumentations_1_3_1();
    case AugmentPreset::albumentations_2_0_8:
      return albumentations_2_0_8();
    case AugmentPreset::chest:
      return chest();
  }
  throw std::logic_error("a preset without a pipeline");
}

}  // namespace

const char* PipelineStep::name() const {
  return std::visit([](const auto& t) { return std::decay_t<decltype(t)>::kName; }, transform);
}

double PipelineStep::probability() const {
  return std::visit([](const auto& t) { return t.p; }, transform);
}

PipelineStep PipelineStep::from_json(const nlohmann::json& in, const std::string& path,
                                     Required mode) {
  const std::vector<std::string> names = transform_names(kAll);
  if (!in.is_object() || !in.contains("transform") || !in.at("transform").is_string()) {
    detail::refuse(path, "an object whose key 'transform' is one of " + join(names), in);
  }
  nlohmann::json parameters = in;
  const std::string name = in.at("transform");
  parameters.erase("transform");
  PipelineStep out;
  if (!read_named(out.transform, name, parameters, path, mode, kAll)) {
    throw ConfigError(path + ".transform must be one of " + join(names) + ", got '" +
                      printable(name) + "'" + did_you_mean(name, names));
  }
  return out;
}

nlohmann::json PipelineStep::to_json() const {
  nlohmann::json out = std::visit([](const auto& t) { return write_json(t); }, transform);
  out["transform"] = name();
  return out;
}

std::vector<PipelineStep> pipeline_of(const AugmentConfig& config) {
  if (config.preset != AugmentPreset::none && !config.pipeline.empty()) {
    throw ConfigError("augment: give a preset or a pipeline, not both (preset is " +
                      std::string(name_of(config.preset)) + ")");
  }
  std::vector<PipelineStep> pipeline =
      config.pipeline.empty() ? preset_pipeline(config.preset) : config.pipeline;
  if (config.laterality == Laterality::kept) {
    std::erase_if(pipeline, [](const PipelineStep& step) {
      return std::holds_alternative<HorizontalFlip>(step.transform);
    });
    for (PipelineStep& step : pipeline) {
      if (auto* keras = std::get_if<KerasImageDataGenerator>(&step.transform)) {
        keras->horizontal_flip = false;
      }
    }
  }
  return pipeline;
}

}  // namespace xrayclf
