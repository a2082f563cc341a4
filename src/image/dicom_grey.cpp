#include <algorithm>
#include <cmath>

#include <opencv2/core.hpp>

#include "dicom_parts.hpp"
#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {

/// The order of PS3.4 N.2, and of pydicom's apply_modality_lut and apply_voi_lut: Modality LUT or
/// rescale, VOI LUT or window, inversion. The result is a fraction of the output's range.
class GreyScale {
 public:
  explicit GreyScale(const DicomInfo& dicom) : dicom_(dicom) {
    const double top = std::exp2(static_cast<double>(dicom.bits_stored));
    low_ = dicom.is_signed ? -top / 2 : 0;
    high_ = dicom.is_signed ? top / 2 - 1 : top - 1;
    if (dicom.modality_table) {
      low_ = 0;
      high_ = std::exp2(static_cast<double>(dicom.modality_table->bits)) - 1;
    } else {
      const double a = modality(static_cast<std::int64_t>(low_));
      const double b = modality(static_cast<std::int64_t>(high_));
      low_ = std::min(a, b);
      high_ = std::max(a, b);
    }
  }

  /// Whether nothing is done to the values but, perhaps, inversion.
  bool is_identity() const {
    return !dicom_.modality_table && !dicom_.voi_table && !dicom_.window && dicom_.slope == 1 &&
           dicom_.intercept == 0;
  }

  double fraction(std::int64_t stored) const {
    const double value = std::clamp(voi(modality(stored)), 0.0, 1.0);
    return dicom_.inverted ? 1 - value : value;
  }

 private:
  double modality(std::int64_t stored) const {
    if (dicom_.modality_table) return entry(*dicom_.modality_table, static_cast<double>(stored));
    return static_cast<double>(stored) * dicom_.slope + dicom_.intercept;
  }

  double voi(double value) const {
    if (dicom_.voi_table) {
      return entry(*dicom_.voi_table, value) /
             (std::exp2(static_cast<double>(dicom_.voi_table->bits)) - 1);
    }
    if (!dicom_.window) return high_ > low_ ? (value - low_) / (high_ - low_) : 0;
    const DicomWindow& window = *dicom_.window;
    if (window.function == "SIGMOID") {
      return 1 / (1 + std::exp(-4 * (value - window.center) / window.width));
    }
    const bool exact = window.function == "LINEAR_EXACT";
    const double center = exact ? window.center : window.center - 0.5;
    const double width = exact ? window.width : window.width - 1;
    if (value <= center - width / 2) return 0;
    if (value > center + width / 2) return 1;
    return (value - center) / width + 0.5;
  }

  static double entry(const DicomTable& table, double value) {
    const double index = std::floor(value) - static_cast<double>(table.first);
    const double last = static_cast<double>(table.entries.size() - 1);
    return table.entries[static_cast<std::size_t>(std::clamp(index, 0.0, last))];
  }

  const DicomInfo& dicom_;
  double low_ = 0;   ///< least value that the modality step can give
  double high_ = 0;  ///< largest
};

/// 0.299 R + 0.587 G + 0.114 B in 15-bit fixed point, as of RGB PNGs.
cv::Mat luma_of(const cv::Mat& rgb) {
  cv::Mat out(rgb.size(), CV_8UC1);
  for (int y = 0; y < rgb.rows; ++y) {
    const auto* from = rgb.ptr<cv::Vec3b>(y);
    auto* to = out.ptr<std::uint8_t>(y);
    for (int x = 0; x < rgb.cols; ++x) {
      to[x] = static_cast<std::uint8_t>(
          (9798 * from[x][0] + 19235 * from[x][1] + 3735 * from[x][2] + 16384) >> 15);
    }
  }
  return out;
}

template <class Pixel>
cv::Mat mapped(const cv::Mat& stored, const GreyScale& scale, std::int32_t least,
               std::int32_t largest, double top, int type) {
  std::vector<Pixel> table;
  for (std::int32_t value = least; value <= largest; ++value) {
    table.push_back(static_cast<Pixel>(std::lround(scale.fraction(value) * top)));
  }
  cv::Mat out(stored.size(), type);
  for (int y = 0; y < stored.rows; ++y) {
    const auto* from = stored.ptr<std::int32_t>(y);
    auto* to = out.ptr<Pixel>(y);
    for (int x = 0; x < stored.cols; ++x) to[x] = table[static_cast<std::size_t>(from[x] - least)];
  }
  return out;
}

}  // namespace

cv::Mat grey_values(const cv::Mat& stored, const DicomInfo& dicom) {
  if (stored.channels() == 3) return luma_of(stored);
  const GreyScale scale(dicom);
  // One entry for each of at most 65536 stored values, instead of one calculation a pixel.
  double least = 0;
  double largest = 0;
  cv::minMaxLoc(stored, &least, &largest);
  const auto low = static_cast<std::int32_t>(least);
  const auto high = static_cast<std::int32_t>(largest);
  if (dicom.bits_stored <= 8 && scale.is_identity()) {
    return mapped<std::uint8_t>(stored, scale, low, high, 255, CV_8UC1);
  }
  return mapped<std::uint16_t>(stored, scale, low, high, 65535, CV_16UC1);
}

}  // namespace xrayclf
