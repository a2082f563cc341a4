#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "xrayclf/core/fields.hpp"

namespace xrayclf {

/// What a class map is made of; the formulas and their sources are in explain/class_map.hpp,
/// explain/perturbation.hpp and explain/pixel_gradients.hpp.
enum class CamMethod {
  gradcam,
  gradcam_plus_plus,
  hirescam,
  xgradcam,
  layercam,
  eigencam,
  eigengradcam,
  scorecam,
  ablationcam,
  occlusion,
  integrated_gradients,
  smoothgrad,
};
template <>
struct EnumNames<CamMethod> {
  static constexpr std::array<std::pair<CamMethod, std::string_view>, 12> value{
      {{CamMethod::gradcam, "gradcam"},
       {CamMethod::gradcam_plus_plus, "gradcam++"},
       {CamMethod::hirescam, "hirescam"},
       {CamMethod::xgradcam, "xgradcam"},
       {CamMethod::layercam, "layercam"},
       {CamMethod::eigencam, "eigencam"},
       {CamMethod::eigengradcam, "eigengradcam"},
       {CamMethod::scorecam, "scorecam"},
       {CamMethod::ablationcam, "ablationcam"},
       {CamMethod::occlusion, "occlusion"},
       {CamMethod::integrated_gradients, "integrated_gradients"},
       {CamMethod::smoothgrad, "smoothgrad"}}};
};

/// The number that is explained. Their gradients, and so the maps, differ.
enum class CamScore {
  logit,        ///< of the class, before the softmax; the usual choice in PyTorch
  probability,  ///< after it, as Keras models with a softmax top give
};
template <>
struct EnumNames<CamScore> {
  static constexpr std::array<std::pair<CamScore, std::string_view>, 2> value{
      {{CamScore::logit, "logit"}, {CamScore::probability, "probability"}}};
};

/// From a map's raw values to its heat.
enum class CamNormalisation {
  pytorch_grad_cam,  ///< max(0), less the minimum, over 1e-7 + the maximum; twice (version 1.5.7)
  keras,             ///< max(0), over the maximum
  none,              ///< raw values, signed; maps of different images can be compared
};
template <>
struct EnumNames<CamNormalisation> {
  static constexpr std::array<std::pair<CamNormalisation, std::string_view>, 3> value{
      {{CamNormalisation::pytorch_grad_cam, "pytorch_grad_cam"},
       {CamNormalisation::keras, "keras"},
       {CamNormalisation::none, "none"}}};
};

struct OcclusionConfig {
  std::int64_t size = 32;
  std::int64_t stride = 16;

  template <class Field>
  static void fields(Field&& field) {
    field("size", &OcclusionConfig::size, "Side of the square that is covered",
          at_least(std::int64_t{1}), Unit{"pixels of the prepared image"});
    field("stride", &OcclusionConfig::stride, "Step from square to square",
          at_least(std::int64_t{1}), Unit{"pixels of the prepared image"});
  }
};

struct SmoothGradConfig {
  std::int64_t samples = 16;
  double noise = 0.15;

  template <class Field>
  static void fields(Field&& field) {
    field("samples", &SmoothGradConfig::samples, "Noisy copies",
          in_range(std::int64_t{1}, std::int64_t{10000}));
    field("noise", &SmoothGradConfig::noise,
          "Standard deviation of the noise as a share of the input's range", in_range(0.0, 10.0));
  }
};

/// How a network's decision is explained.
struct ExplainConfig {
  CamMethod method = CamMethod::gradcam;
  std::string layer = "auto";
  CamScore score = CamScore::logit;
  CamNormalisation normalisation = CamNormalisation::pytorch_grad_cam;
  bool aug_smooth = false;
  bool eigen_smooth = false;
  OcclusionConfig occlusion;
  std::int64_t integration_steps = 16;
  SmoothGradConfig smoothgrad;
  std::int64_t passes = 32;
  std::int64_t seed = 1;

  template <class Field>
  static void fields(Field&& field) {
    field("method", &ExplainConfig::method, "What the map is made of");
    field(
        "layer", &ExplainConfig::layer,
        "auto for the last feature map, or a part of the network by name, for example features.6");
    field("score", &ExplainConfig::score, "The number that is explained");
    field("normalisation", &ExplainConfig::normalisation, "From raw values to heat");
    field("aug_smooth", &ExplainConfig::aug_smooth,
          "Mean of six views (mirrored or not, contrast 0.9, 1, 1.1), at six times the work");
    field("eigen_smooth", &ExplainConfig::eigen_smooth,
          "First principal component of the weighted channels in place of their sum");
    field("occlusion", &ExplainConfig::occlusion, "Of the method occlusion");
    field("integration_steps", &ExplainConfig::integration_steps,
          "Gauss-Legendre points of the method integrated_gradients",
          in_range(std::int64_t{1}, std::int64_t{1000}));
    field("smoothgrad", &ExplainConfig::smoothgrad, "Of the method smoothgrad");
    field("passes", &ExplainConfig::passes,
          "Changed copies of an image that go through the network at a time",
          in_range(std::int64_t{1}, std::int64_t{65536}));
    field("seed", &ExplainConfig::seed, "Of all that is random");
  }
};

}  // namespace xrayclf
