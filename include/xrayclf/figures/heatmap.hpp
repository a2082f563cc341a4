#pragma once

#include <array>
#include <string_view>
#include <utility>

#include <opencv2/core/mat.hpp>

#include "xrayclf/core/fields.hpp"

/// Heat maps as pictures.
namespace xrayclf {

/// Colour maps of OpenCV. jet is the one that Grad-CAM is usually shown in; the others rise evenly
/// in lightness, or nearly so (turbo), and do not draw edges that are not in the data.
enum class ColourMap { jet, turbo, viridis, inferno, magma, hot };
template <>
struct EnumNames<ColourMap> {
  static constexpr std::array<std::pair<ColourMap, std::string_view>, 6> value{
      {{ColourMap::jet, "jet"},
       {ColourMap::turbo, "turbo"},
       {ColourMap::viridis, "viridis"},
       {ColourMap::inferno, "inferno"},
       {ColourMap::magma, "magma"},
       {ColourMap::hot, "hot"}}};
};

enum class OverlayBlend {
  uniform,  ///< the same opacity everywhere
  heat,     ///< opacity grows with the heat, cold places show the film as it is
};
template <>
struct EnumNames<OverlayBlend> {
  static constexpr std::array<std::pair<OverlayBlend, std::string_view>, 2> value{
      {{OverlayBlend::uniform, "uniform"}, {OverlayBlend::heat, "heat"}}};
};

struct OverlayConfig {
  ColourMap colour_map = ColourMap::jet;
  double opacity = 0.5;
  OverlayBlend blend = OverlayBlend::uniform;
  double full_scale = 1.0;

  template <class Field>
  static void fields(Field&& field) {
    field("colour_map", &OverlayConfig::colour_map, "Colours of the heat");
    field("opacity", &OverlayConfig::opacity, "Of the colours over the film", in_range(0.0, 1.0));
    field(
        "blend", &OverlayConfig::blend,
        "The same opacity everywhere, or growing with the heat so that cold places show the film");
    field("full_scale", &OverlayConfig::full_scale,
          "Heat that gets the last colour; other than 1 where maps are not normalised", above(0.0));
  }
};

/// 8-bit grey for display. 16-bit films that use 9 to 15 bits are spread to the full range.
cv::Mat displayable(const cv::Mat& grey);

/// Heat (CV_32FC1; cut to [0, full_scale]) as colours, CV_8UC3.
cv::Mat colour_heat(const cv::Mat& heat, const OverlayConfig& config);

/// The film (CV_8UC1 or CV_16UC1) under its heat (CV_32FC1 of the same size), CV_8UC3. Throws
/// std::logic_error for another size or type.
cv::Mat draw_overlay(const cv::Mat& grey, const cv::Mat& heat, const OverlayConfig& config);

}  // namespace xrayclf
