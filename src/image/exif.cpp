#include "exif.hpp"

#include <opencv2/core.hpp>

namespace xrayclf {
namespace {

/// Little- or big-endian numbers of a TIFF block; bytes beyond its end read as 0.
class TiffReader {
 public:
  explicit TiffReader(std::string_view bytes)
      : bytes_(bytes), little_(bytes.substr(0, 2) == "II") {}

  std::uint32_t number(std::size_t offset, int size) const {
    std::uint32_t value = 0;
    for (int i = 0; i < size; ++i) {
      const int place = little_ ? i : size - 1 - i;
      value |= static_cast<std::uint32_t>(byte(offset + static_cast<std::size_t>(i))) << 8 * place;
    }
    return value;
  }

 private:
  std::uint8_t byte(std::size_t offset) const {
    return offset < bytes_.size() ? static_cast<std::uint8_t>(bytes_[offset]) : 0;
  }

  std::string_view bytes_;
  bool little_;
};

}  // namespace

std::int64_t exif_orientation(std::string_view tiff) {
  constexpr std::uint32_t kOrientationTag = 0x0112;
  constexpr std::uint32_t kShort = 3;
  if (tiff.substr(0, 2) != "II" && tiff.substr(0, 2) != "MM") return 1;
  const TiffReader reader(tiff);
  if (reader.number(2, 2) != 42) return 1;
  const std::size_t directory = reader.number(4, 4);
  const std::uint32_t entries = reader.number(directory, 2);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + 12 * i;
    if (entry + 12 > tiff.size()) break;
    if (reader.number(entry, 2) != kOrientationTag) continue;
    const std::uint32_t value = reader.number(entry + 8, 2);
    return reader.number(entry + 2, 2) == kShort && value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

cv::Mat apply_orientation(const cv::Mat& image, std::int64_t orientation) {
  constexpr int kAroundX = 0, kAroundY = 1, kAroundBoth = -1;
  cv::Mat upright = image;
  if (orientation >= 5) cv::transpose(image, upright);
  switch (orientation) {
    case 2:
    case 6:
      cv::flip(upright, upright, kAroundY);
      break;
    case 3:
    case 7:
      cv::flip(upright, upright, kAroundBoth);
      break;
    case 4:
    case 8:
      cv::flip(upright, upright, kAroundX);
      break;
    default:
      break;
  }
  return upright;
}

}  // namespace xrayclf
