#include "xrayclf/data/duplicates.hpp"

#include <bitset>
#include <cmath>
#include <map>
#include <string>

#include "xrayclf/core/interrupt.hpp"
#include "xrayclf/core/parallel.hpp"

namespace xrayclf {
namespace {

constexpr std::size_t kHashDistance = 12;
constexpr double kCorrelation = 0.95;

/// A thumbnail with its sums, for the correlation of integers without rounding.
struct Thumbnail {
  const std::uint8_t* pixels = nullptr;
  std::int64_t count = 0;
  std::int64_t sum = 0;
  std::int64_t squares = 0;  ///< count * sum of squares - sum * sum

  explicit Thumbnail(const cv::Mat& image)
      : pixels(image.ptr<std::uint8_t>()), count(static_cast<std::int64_t>(image.total())) {
    std::int64_t sum_of_squares = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      sum += pixels[i];
      sum_of_squares += std::int64_t{pixels[i]} * pixels[i];
    }
    squares = count * sum_of_squares - sum * sum;
  }
};

/// Pearson's correlation; 0 where one of the images is flat.
double correlation(const Thumbnail& a, const Thumbnail& b) {
  if (a.squares == 0 || b.squares == 0) return 0;
  std::uint32_t products = 0;  // 4096 * 255 * 255 fits
  for (std::int64_t i = 0; i < a.count; ++i) {
    products += static_cast<std::uint32_t>(a.pixels[i]) * b.pixels[i];
  }
  const auto covariance = static_cast<double>(a.count * std::int64_t{products} - a.sum * b.sum);
  return covariance / std::sqrt(static_cast<double>(a.squares) * static_cast<double>(b.squares));
}

}  // namespace

std::vector<std::vector<std::size_t>> exact_duplicates(const std::vector<Record>& records) {
  // Equal files have equal prepared images, so one key finds both.
  std::map<std::string, std::vector<std::size_t>> clusters;
  for (std::size_t i = 0; i < records.size(); ++i) {
    clusters[records[i].prepared_sha256].push_back(i);
  }
  std::map<std::size_t, std::vector<std::size_t>> by_first;
  for (auto& item : clusters) {
    if (item.second.size() > 1) by_first[item.second.front()] = std::move(item.second);
  }
  std::vector<std::vector<std::size_t>> out;
  for (auto& item : by_first) out.push_back(std::move(item.second));
  return out;
}

std::vector<NearDuplicate> near_duplicates(const std::vector<Record>& records,
                                           const std::vector<ImageTraits>& traits,
                                           std::int64_t workers) {
  std::vector<Thumbnail> thumbnails;
  for (const ImageTraits& trait : traits) thumbnails.emplace_back(trait.thumbnail);
  std::vector<std::vector<NearDuplicate>> found(records.size());
  parallel_for(static_cast<std::int64_t>(records.size()), workers, [&](std::int64_t index) {
    throw_if_interrupted("interrupted in the search for duplicates; run the same command again");
    const auto i = static_cast<std::size_t>(index);
    for (std::size_t j = i + 1; j < records.size(); ++j) {
      if (std::bitset<64>(traits[i].hash ^ traits[j].hash).count() > kHashDistance) continue;
      if (records[i].prepared_sha256 == records[j].prepared_sha256) continue;
      const double r = correlation(thumbnails[i], thumbnails[j]);
      if (r >= kCorrelation) found[i].push_back({i, j, r});
    }
  });
  std::vector<NearDuplicate> out;
  for (const auto& pairs : found) out.insert(out.end(), pairs.begin(), pairs.end());
  return out;
}

}  // namespace xrayclf
