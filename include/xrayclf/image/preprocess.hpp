#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <opencv2/core/mat.hpp>

#include "xrayclf/core/fields.hpp"
#include "xrayclf/image/codec.hpp"

namespace xrayclf {

enum class Interpolation { area, bilinear };
enum class StepOrder { clahe_first, resize_first };
enum class AspectRatio { stretch, pad };
enum class SixteenBit { native, reduce_first };

template <>
struct EnumNames<Interpolation> {
  static constexpr std::array<std::pair<Interpolation, std::string_view>, 2> value{
      {{Interpolation::area, "area"}, {Interpolation::bilinear, "bilinear"}}};
};
template <>
struct EnumNames<StepOrder> {
  static constexpr std::array<std::pair<StepOrder, std::string_view>, 2> value{
      {{StepOrder::clahe_first, "clahe_first"}, {StepOrder::resize_first, "resize_first"}}};
};
template <>
struct EnumNames<AspectRatio> {
  static constexpr std::array<std::pair<AspectRatio, std::string_view>, 2> value{
      {{AspectRatio::stretch, "stretch"}, {AspectRatio::pad, "pad"}}};
};
template <>
struct EnumNames<SixteenBit> {
  static constexpr std::array<std::pair<SixteenBit, std::string_view>, 2> value{
      {{SixteenBit::native, "native"}, {SixteenBit::reduce_first, "reduce_first"}}};
};

/// Contrast limited adaptive histogram equalisation (Zuiderveld 1994), as cv::CLAHE.
struct ClaheConfig {
  bool enabled = true;
  double clip_limit = 2.0;
  std::int64_t tiles = 8;

  template <class Field>
  static void fields(Field&& field) {
    field("enabled", &ClaheConfig::enabled, "Equalise local contrast (CLAHE)");
    field("clip_limit", &ClaheConfig::clip_limit,
          "Contrast limit as a multiple of the mean histogram bin; 0 does not clip",
          in_range(0.0, 1e6));
    field("tiles", &ClaheConfig::tiles, "Tiles along each side",
          in_range(std::int64_t{1}, std::int64_t{64}));
  }
};

struct ResizeConfig {
  Interpolation interpolation = Interpolation::area;
  StepOrder order = StepOrder::clahe_first;
  AspectRatio aspect = AspectRatio::stretch;

  template <class Field>
  static void fields(Field&& field) {
    field("interpolation", &ResizeConfig::interpolation,
          "area averages what falls into a pixel; bilinear is cv2.resize's default");
    field("order", &ResizeConfig::order,
          "CLAHE at full size and then resize, as the reference study, or the other way round");
    field("aspect", &ResizeConfig::aspect,
          "Stretch to the square, or keep the aspect ratio and pad with black");
  }
};

/// From a film of any size to the network's input.
struct PreprocessConfig {
  std::int64_t image_size = 224;
  ClaheConfig clahe;
  ResizeConfig resize;
  SixteenBit sixteen_bit = SixteenBit::native;

  template <class Field>
  static void fields(Field&& field) {
    field("image_size", &PreprocessConfig::image_size, "Side of the prepared image",
          in_range(std::int64_t{8}, std::int64_t{2048}), Unit{"pixels"});
    field("clahe", &PreprocessConfig::clahe, "Local contrast");
    field("resize", &PreprocessConfig::resize, "Resizing");
    field("sixteen_bit", &PreprocessConfig::sixteen_bit,
          "16-bit sources: all steps at 16 bit and 8 bit last, or 8 bit first, so that a 16-bit "
          "and an "
          "8-bit copy of a film come out alike");
  }
};

/// Prepares images; const and safe to share between threads. Callers work on several images at
/// once, not OpenCV within one.
class Preprocessor {
 public:
  /// Throws ConfigError for a value out of range.
  explicit Preprocessor(const PreprocessConfig& config);

  /// `grey`: CV_8UC1 or CV_16UC1, at least 1 x 1. Returns CV_8UC1, image_size x image_size.
  /// 8-bit input gives the bytes of cv2.createCLAHE(clip, (tiles, tiles)) and cv2.resize of
  /// OpenCV 4. 16-bit input: films that use only the low 9 to 15 bits (12-bit detectors stored in
  /// 16) are first spread by 65535 / (2^bits - 1), bits being those of the largest value; reduced
  /// to 8 bit by round(v / 257).
  cv::Mat operator()(const cv::Mat& grey) const;

  /// The same, but a DICOM film, whose attributes say what is black and white, is not spread.
  cv::Mat operator()(const DecodedImage& image) const;

 private:
  cv::Mat prepare(const cv::Mat& grey, bool spread) const;

  PreprocessConfig config_;
};

/// SHA-256 over the canonical JSON of `config` and the version of what the steps do: prepared
/// images with equal fingerprints were made the same way.
std::string preprocessing_fingerprint(const PreprocessConfig& config);

}  // namespace xrayclf
