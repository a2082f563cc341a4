#include "xrayclf/image/preprocess.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/sha256.hpp"
#include "xrayclf/image/clahe.hpp"
#include "xrayclf/image/placement.hpp"

namespace xrayclf {
namespace {

/// Raised whenever the same configuration begins to give other pixels.
constexpr int kSemanticsVersion = 1;

/// Spreads 16-bit films that leave the high bits unused (see Preprocessor::operator()).
cv::Mat spread_used_bits(const cv::Mat& grey) {
  double largest = 0;
  cv::minMaxLoc(grey, nullptr, &largest);
  const int bits = std::bit_width(static_cast<unsigned>(largest));
  // Of 8 bits or fewer nobody can tell whether the film is dark or the depth is wrong.
  if (bits <= 8 || bits == 16) return grey;
  const std::uint32_t top = (1u << bits) - 1;
  cv::Mat spread(grey.size(), CV_16U);
  for (int y = 0; y < grey.rows; ++y) {
    const auto* from = grey.ptr<std::uint16_t>(y);
    auto* to = spread.ptr<std::uint16_t>(y);
    for (int x = 0; x < grey.cols; ++x) {
      to[x] = static_cast<std::uint16_t>((from[x] * 65535u + top / 2) / top);
    }
  }
  return spread;
}

/// round(v / 257), so that v = 257 x gives x back.
cv::Mat to_eight_bit(const cv::Mat& grey) {
  if (grey.depth() == CV_8U) return grey;
  cv::Mat reduced(grey.size(), CV_8U);
  for (int y = 0; y < grey.rows; ++y) {
    const auto* from = grey.ptr<std::uint16_t>(y);
    auto* to = reduced.ptr<std::uint8_t>(y);
    for (int x = 0; x < grey.cols; ++x) to[x] = static_cast<std::uint8_t>((from[x] + 128) / 257);
  }
  return reduced;
}

cv::Mat apply_clahe(const cv::Mat& grey, const ClaheConfig& config) {
  if (!config.enabled) return grey;
  return clahe(grey, config.clip_limit, static_cast<int>(config.tiles));
}

cv::Mat apply_resize(const cv::Mat& grey, const ResizeConfig& config, int side) {
  const int method =
      config.interpolation == Interpolation::area ? cv::INTER_AREA : cv::INTER_LINEAR;
  cv::Mat resized;
  if (config.aspect == AspectRatio::stretch) {
    cv::resize(grey, resized, cv::Size(side, side), 0, 0, method);
    return resized;
  }
  const cv::Rect place = placement(grey.size(), side, config.aspect);
  cv::resize(grey, resized, place.size(), 0, 0, method);
  cv::Mat padded(side, side, grey.type(), cv::Scalar(0));
  resized.copyTo(padded(place));
  return padded;
}

}  // namespace

Preprocessor::Preprocessor(const PreprocessConfig& config)
    : config_(read_json<PreprocessConfig>(write_json(config))) {}

cv::Mat Preprocessor::operator()(const cv::Mat& grey) const { return prepare(grey, true); }

cv::Mat Preprocessor::operator()(const DecodedImage& image) const {
  return prepare(image.grey, image.info.format != ImageFormat::dicom);
}

cv::Mat Preprocessor::prepare(const cv::Mat& grey, bool spread) const {
  if (grey.empty() || grey.channels() != 1 || (grey.depth() != CV_8U && grey.depth() != CV_16U)) {
    throw std::logic_error("Preprocessor takes 8- or 16-bit grey images");
  }
  const int side = static_cast<int>(config_.image_size);
  try {
    cv::Mat image = spread && grey.depth() == CV_16U ? spread_used_bits(grey) : grey;
    if (config_.sixteen_bit == SixteenBit::reduce_first) image = to_eight_bit(image);
    if (config_.resize.order == StepOrder::clahe_first) {
      image = apply_resize(apply_clahe(image, config_.clahe), config_.resize, side);
    } else {
      image = apply_clahe(apply_resize(image, config_.resize, side), config_.clahe);
    }
    return to_eight_bit(image);
  } catch (const cv::Exception& e) {
    if (e.code == cv::Error::StsNoMem) {
      throw ResourceError("out of memory while preparing an image of " + std::to_string(grey.cols) +
                          " x " + std::to_string(grey.rows) + " pixels");
    }
    throw std::runtime_error("OpenCV: " + e.err);
  }
}

std::string preprocessing_fingerprint(const PreprocessConfig& config) {
  const nlohmann::json described = {{"semantics", kSemanticsVersion},
                                    {"config", write_json(config)}};
  return sha256_hex(described.dump());
}

}  // namespace xrayclf
