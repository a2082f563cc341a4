#include "xrayclf/figures/montage.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>
#include <opencv2/imgproc.hpp>

#include "drawing.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/csv.hpp"
#include "xrayclf/image/codec.hpp"

namespace xrayclf {
namespace {

constexpr int kGap = 8;

void place_image(cv::Mat& canvas, const cv::Mat& image, cv::Point corner, int side) {
  if (image.empty()) {
    cv::rectangle(canvas, {corner.x, corner.y, side, side}, cv::Scalar::all(200), cv::FILLED);
    return;
  }
  drawing::place(canvas, image, corner, side);
}

}  // namespace

cv::Mat montage(const std::vector<Tile>& tiles, const MontageLayout& layout) {
  const int side = static_cast<int>(layout.tile_side);
  const int count = std::max(1, static_cast<int>(tiles.size()));
  const int columns = std::clamp(static_cast<int>(layout.columns), 1, count);
  const int rows = (count + columns - 1) / columns;
  std::size_t lines = 0;
  for (const Tile& tile : tiles) lines = std::max(lines, tile.captions.size());
  const int step_x = side + kGap;
  const int step_y = side + kGap + drawing::kLineHeight * static_cast<int>(lines);
  cv::Mat canvas(rows * step_y + kGap, columns * step_x + kGap, CV_8UC3, cv::Scalar::all(255));
  for (int i = 0; i < static_cast<int>(tiles.size()); ++i) {
    const Tile& tile = tiles[static_cast<std::size_t>(i)];
    const cv::Point corner(kGap + i % columns * step_x, kGap + i / columns * step_y);
    place_image(canvas, tile.image, corner, side);
    cv::Point baseline(corner.x, corner.y + side + drawing::kLineHeight - 5);
    for (const std::string& line : tile.captions) {
      drawing::draw_text(canvas, line, baseline, side);
      baseline.y += drawing::kLineHeight;
    }
  }
  return canvas;
}

void write_montage(const std::filesystem::path& directory, const std::string& name,
                   const std::vector<Tile>& tiles, const std::vector<std::string>& caption_names,
                   const MontageLayout& layout) {
  make_directories(directory);
  std::vector<std::string> header = {"row", "column"};
  header.insert(header.end(), caption_names.begin(), caption_names.end());
  std::string csv = csv_line(header);
  const std::int64_t columns = std::max<std::int64_t>(1, layout.columns);
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    std::vector<std::string> row = {std::to_string(at / columns + 1),
                                    std::to_string(at % columns + 1)};
    for (std::size_t k = 0; k < caption_names.size(); ++k) {
      row.push_back(k < tiles[i].captions.size() ? tiles[i].captions[k] : "");
    }
    csv += csv_line(row);
  }
  write_file(directory / (name + ".csv"), csv, Durability::killed_process);
  write_file(directory / (name + ".png"), encode_png(montage(tiles, layout)),
             Durability::killed_process);
}

void sort_worst_first(std::vector<Misclassified>& images) {
  std::sort(images.begin(), images.end(), [](const Misclassified& a, const Misclassified& b) {
    return std::tie(a.true_probability, b.predicted_probability, a.image) <
           std::tie(b.true_probability, a.predicted_probability, b.image);
  });
}

std::vector<std::string> captions_of(const Misclassified& image) {
  return {image.image, fmt::format("true: {} {:.2f}", image.true_class, image.true_probability),
          fmt::format("called: {} {:.2f}", image.predicted_class, image.predicted_probability)};
}

std::vector<std::string> misclassified_caption_names() { return {"image", "true", "called"}; }

}  // namespace xrayclf
