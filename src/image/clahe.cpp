#include "xrayclf/image/clahe.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace xrayclf {
namespace {

constexpr int kBins = 65536;

/// The values that occur, in order, and the place of each among them.
struct Values {
  explicit Values(const cv::Mat& grey) : rank(kBins) {
    std::vector<char> occurs(kBins);
    for (int y = 0; y < grey.rows; ++y) {
      const auto* row = grey.ptr<std::uint16_t>(y);
      for (int x = 0; x < grey.cols; ++x) occurs[row[x]] = 1;
    }
    for (int v = 0; v < kBins; ++v) {
      if (occurs[static_cast<std::size_t>(v)] == 0) continue;
      rank[static_cast<std::size_t>(v)] = static_cast<std::uint16_t>(sorted.size());
      sorted.push_back(static_cast<std::uint32_t>(v));
    }
  }

  std::vector<std::uint16_t> rank;
  std::vector<std::uint32_t> sorted;
};

/// Places among the values, the last one included.
struct Range {
  std::size_t first, last;
};

/// The mapping of one tile: a number for each value of `range`, which holds the tile's own. `limit`
/// 0 does not clip.
void map_tile(const cv::Mat& tile, const Values& values, const Range& range, int limit,
              std::vector<int>& counts, std::uint16_t* map) {
  std::fill(counts.begin() + static_cast<std::ptrdiff_t>(range.first),
            counts.begin() + static_cast<std::ptrdiff_t>(range.last) + 1, 0);
  int clipped = 0;
  for (int y = 0; y < tile.rows; ++y) {
    const auto* row = tile.ptr<std::uint16_t>(y);
    for (int x = 0; x < tile.cols; ++x) {
      int& count = counts[values.rank[row[x]]];
      if (limit > 0 && count == limit) {
        ++clipped;
      } else {
        ++count;
      }
    }
  }
  // What was clipped goes to all bins, and the rest of the division to one in every `step`.
  const auto each = static_cast<std::uint32_t>(clipped / kBins);
  const auto rest = static_cast<std::uint32_t>(clipped % kBins);
  const std::uint32_t step = rest == 0 ? 1 : std::max(kBins / rest, 1U);
  // v / step for v < 65536, as a multiplication.
  const std::uint64_t inverse = ((std::uint64_t{1} << 32) + step - 1) / step;
  const float scale = static_cast<float>(kBins - 1) / static_cast<float>(tile.rows * tile.cols);
  std::uint32_t sum = 0;
  for (std::size_t i = range.first; i <= range.last; ++i) {
    const std::uint32_t value = values.sorted[i];
    sum += static_cast<std::uint32_t>(counts[i]);
    const auto from_rest = std::min(rest, static_cast<std::uint32_t>(value * inverse >> 32) + 1);
    const std::uint32_t total = sum + each * (value + 1) + from_rest;
    map[i] = cv::saturate_cast<std::uint16_t>(static_cast<float>(static_cast<int>(total)) * scale);
  }
}

/// Between which two tiles a pixel lies, and how far.
struct Between {
  Between(int position, float tile_inverse, int tiles) {
    const float at = static_cast<float>(position) * tile_inverse - 0.5F;
    const int floor = cvFloor(at);
    weight = at - static_cast<float>(floor);
    before = std::max(floor, 0);
    after = std::min(floor + 1, tiles - 1);
  }
  int before, after;
  float weight;  ///< of the second
};

cv::Mat clahe16(const cv::Mat& grey, double clip_limit, int tiles) {
  cv::Mat whole = grey;
  if (grey.cols % tiles != 0 || grey.rows % tiles != 0) {
    cv::copyMakeBorder(grey, whole, 0, tiles - grey.rows % tiles, 0, tiles - grey.cols % tiles,
                       cv::BORDER_REFLECT_101);
  }
  const cv::Size tile(whole.cols / tiles, whole.rows / tiles);
  const int limit =
      clip_limit > 0 ? std::max(static_cast<int>(clip_limit * tile.area() / kBins), 1) : 0;
  const Values values(grey);
  const std::size_t bins = values.sorted.size();
  std::vector<std::uint16_t> maps(bins * static_cast<std::size_t>(tiles * tiles));
  std::vector<int> counts(bins);
  const auto tile_at = [&](int x, int y) {
    return whole(cv::Rect(x * tile.width, y * tile.height, tile.width, tile.height));
  };
  std::vector<Range> ranges;
  for (int i = 0; i < tiles * tiles; ++i) {
    double low = 0, high = 0;
    cv::minMaxLoc(tile_at(i % tiles, i / tiles), &low, &high);
    ranges.push_back(
        {values.rank[static_cast<std::size_t>(low)], values.rank[static_cast<std::size_t>(high)]});
  }
  for (int y = 0; y < tiles; ++y) {
    for (int x = 0; x < tiles; ++x) {
      // Only pixels of the tile and its neighbours ask for its mapping.
      Range range = ranges[static_cast<std::size_t>(y * tiles + x)];
      for (int i = std::max(y - 1, 0); i <= std::min(y + 1, tiles - 1); ++i) {
        for (int k = std::max(x - 1, 0); k <= std::min(x + 1, tiles - 1); ++k) {
          const Range& other = ranges[static_cast<std::size_t>(i * tiles + k)];
          range = {std::min(range.first, other.first), std::max(range.last, other.last)};
        }
      }
      map_tile(tile_at(x, y), values, range, limit, counts,
               maps.data() + static_cast<std::size_t>(y * tiles + x) * bins);
    }
  }
  std::vector<Between> columns;
  for (int x = 0; x < grey.cols; ++x) {
    columns.emplace_back(x, 1.0F / static_cast<float>(tile.width), tiles);
  }
  cv::Mat out(grey.size(), CV_16UC1);
  for (int y = 0; y < grey.rows; ++y) {
    const Between rows(y, 1.0F / static_cast<float>(tile.height), tiles);
    const std::uint16_t* above = maps.data() + static_cast<std::size_t>(rows.before * tiles) * bins;
    const std::uint16_t* below = maps.data() + static_cast<std::size_t>(rows.after * tiles) * bins;
    const auto* from = grey.ptr<std::uint16_t>(y);
    auto* to = out.ptr<std::uint16_t>(y);
    for (int x = 0; x < grey.cols; ++x) {
      const Between& c = columns[static_cast<std::size_t>(x)];
      const std::size_t left = static_cast<std::size_t>(c.before) * bins + values.rank[from[x]];
      const std::size_t right = static_cast<std::size_t>(c.after) * bins + values.rank[from[x]];
      const float left_weight = 1.0F - c.weight;
      to[x] = cv::saturate_cast<std::uint16_t>(
          (above[left] * left_weight + above[right] * c.weight) * (1.0F - rows.weight) +
          (below[left] * left_weight + below[right] * c.weight) * rows.weight);
    }
  }
  return out;
}

}  // namespace

cv::Mat clahe(const cv::Mat& grey, double clip_limit, int tiles) {
  if (grey.depth() == CV_16U) return clahe16(grey, clip_limit, tiles);
  cv::Mat equalised;
  // The object keeps buffers between calls, so it cannot be shared by threads.
  cv::createCLAHE(clip_limit, cv::Size(tiles, tiles))->apply(grey, equalised);
  return equalised;
}

}  // namespace xrayclf
