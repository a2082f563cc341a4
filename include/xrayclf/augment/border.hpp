#pragma once

#include <array>
#include <string_view>
#include <utility>

#include <opencv2/core/mat.hpp>

#include "xrayclf/core/fields.hpp"

namespace xrayclf::transforms {

/// What stands beyond the image's edge where a warp looks there, as OpenCV has it:
///   constant     a grey value
///   replicate    aaa|abcd|ddd
///   reflect      cba|abcd|dcb
///   reflect_101  dcb|abcd|cba
///   wrap         bcd|abcd|abc
enum class Border { constant, replicate, reflect, reflect_101, wrap };

/// The library whose functions a transform follows to the bit. They differ in borders, kernels and
/// tables; both are MIT licensed and were followed by what they compute.
enum class Semantics { albumentations_1_3_1, albumentations_2_0_8 };

/// Largest grey value of the depth: 255 of CV_8U, 65535 of CV_16U.
double full_scale(const cv::Mat& grey);

/// Bilinear cv::warpAffine by a matrix from input to output, (x, y) in pixels, of the image's size.
/// `fill` is a fraction of full scale. OpenCV 4 rounds source positions to 1/32 pixel.
cv::Mat warp(const cv::Mat& grey, const cv::Matx23d& input_to_output, Border border, double fill);

/// Bilinear cv::remap: output (x, y) is input (map_x, map_y); CV_32FC1 maps of the image's size.
cv::Mat pull(const cv::Mat& grey, const cv::Mat& map_x, const cv::Mat& map_y, Border border,
             double fill);

}  // namespace xrayclf::transforms

namespace xrayclf {
template <>
struct EnumNames<transforms::Border> {
  static constexpr std::array<std::pair<transforms::Border, std::string_view>, 5> value{
      {{transforms::Border::constant, "constant"},
       {transforms::Border::replicate, "replicate"},
       {transforms::Border::reflect, "reflect"},
       {transforms::Border::reflect_101, "reflect_101"},
       {transforms::Border::wrap, "wrap"}}};
};
template <>
struct EnumNames<transforms::Semantics> {
  static constexpr std::array<std::pair<transforms::Semantics, std::string_view>, 2> value{
      {{transforms::Semantics::albumentations_1_3_1, "albumentations_1_3_1"},
       {transforms::Semantics::albumentations_2_0_8, "albumentations_2_0_8"}}};
};
}  // namespace xrayclf
