#pragma once

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "xrayclf/augment/distortion.hpp"
#include "xrayclf/augment/elastic.hpp"
#include "xrayclf/augment/keras.hpp"

/// Explicit parameters and expected images of the reference libraries, as recorded in JSON.
namespace xrayclf::testing {

inline double largest_difference(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && a.type() == b.type() ? cv::norm(a, b, cv::NORM_INF) : 1e9;
}

inline cv::Mat matrix_of(const nlohmann::json& rows, int type = CV_64F) {
  cv::Mat out(static_cast<int>(rows.size()), static_cast<int>(rows.at(0).size()), CV_64F);
  for (int y = 0; y < out.rows; ++y) {
    for (int x = 0; x < out.cols; ++x) {
      out.at<double>(y, x) = rows[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)];
    }
  }
  cv::Mat converted;
  out.convertTo(converted, type);
  return converted;
}

inline transforms::KerasImageDataGenerator::Parameters keras_parameters(const nlohmann::json& in) {
  transforms::KerasImageDataGenerator::Parameters out;
  out.theta = in.value("theta", 0.0);
  out.tx = in.value("tx", 0.0);
  out.ty = in.value("ty", 0.0);
  out.shear = in.value("shear", 0.0);
  out.zx = in.value("zx", 1.0);
  out.zy = in.value("zy", 1.0);
  out.flip_horizontal = in.value("flip_horizontal", false);
  out.flip_vertical = in.value("flip_vertical", false);
  if (in.contains("brightness")) out.brightness = in.at("brightness");
  if (in.contains("channel_shift_intensity")) {
    out.channel_shift = in.at("channel_shift_intensity");
  }
  return out;
}

/// What a recorded Albumentations call gives here; nothing for a call with no explicit parameters.
/// `row` has "transform" and "parameters".
std::optional<cv::Mat> repeat_albumentations(const cv::Mat& input, const nlohmann::json& row,
                                             transforms::Semantics version);

}  // namespace xrayclf::testing
