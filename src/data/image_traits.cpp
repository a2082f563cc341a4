#include "xrayclf/data/image_traits.hpp"

#include <algorithm>

#include <opencv2/imgproc.hpp>

namespace xrayclf {
namespace {

constexpr int kBins = 32;
constexpr int kBorder = 4;
constexpr int kThumbnail = 64;

std::vector<float> normalised(const std::vector<std::int64_t>& counts) {
  std::int64_t total = 0;
  for (const std::int64_t count : counts) total += count;
  std::vector<float> out;
  for (const std::int64_t count : counts) {
    out.push_back(static_cast<float>(static_cast<double>(count) / static_cast<double>(total)));
  }
  return out;
}

void count_into(std::vector<std::int64_t>& counts, const cv::Mat& image) {
  for (int y = 0; y < image.rows; ++y) {
    const std::uint8_t* row = image.ptr<std::uint8_t>(y);
    for (int x = 0; x < image.cols; ++x) ++counts[row[x] * kBins / 256];
  }
}

cv::Mat resized(const cv::Mat& image, int width, int height) {
  cv::Mat out;
  cv::resize(image, out, cv::Size(width, height), 0, 0, cv::INTER_AREA);
  return out;
}

std::uint64_t difference_hash(const cv::Mat& image) {
  const cv::Mat small = resized(image, 9, 8);
  std::uint64_t hash = 0;
  for (int y = 0; y < 8; ++y) {
    const std::uint8_t* row = small.ptr<std::uint8_t>(y);
    for (int x = 0; x < 8; ++x) hash = (hash << 1) | (row[x] < row[x + 1] ? 1u : 0u);
  }
  return hash;
}

std::vector<float> border_of(const cv::Mat& image) {
  const cv::Mat top = image.rowRange(0, kBorder);
  const cv::Mat bottom = image.rowRange(image.rows - kBorder, image.rows);
  const cv::Mat left = image.colRange(0, kBorder);
  const cv::Mat right = image.colRange(image.cols - kBorder, image.cols);
  std::vector<std::int64_t> counts(kBins, 0);
  count_into(counts, top);
  count_into(counts, bottom);
  count_into(counts, left.rowRange(kBorder, image.rows - kBorder));
  count_into(counts, right.rowRange(kBorder, image.rows - kBorder));
  std::vector<float> out = normalised(counts);
  for (const cv::Mat& strip : {resized(top, kBins, 1), resized(bottom, kBins, 1),
                               resized(left, 1, kBins), resized(right, 1, kBins)}) {
    for (int i = 0; i < kBins; ++i) {
      const int value =
          strip.rows == 1 ? strip.at<std::uint8_t>(0, i) : strip.at<std::uint8_t>(i, 0);
      out.push_back(static_cast<float>(value) / 255.0F);
    }
  }
  return out;
}

}  // namespace

ImageTraits image_traits(const cv::Mat& image) {
  ImageTraits traits;
  traits.thumbnail = resized(image, kThumbnail, kThumbnail);
  traits.hash = difference_hash(image);
  std::vector<std::int64_t> counts(kBins, 0);
  count_into(counts, image);
  traits.histogram = normalised(counts);
  traits.border = border_of(image);
  return traits;
}

}  // namespace xrayclf
