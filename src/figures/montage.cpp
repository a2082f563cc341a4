#include "xrayclf/figures/montage.hpp"

#include <algorithm>
#include <system_error>

#include <fmt/format.h>
#include <opencv2/imgproc.hpp>

#include "drawing.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/base64.hpp"
#include "xrayclf/core/csv.hpp"
#include "xrayclf/core/markup.hpp"
#include "xrayclf/figures/style.hpp"
#include "xrayclf/image/codec.hpp"

namespace xrayclf {
namespace {

constexpr int kGap = 8;
constexpr int kSvgFont = 12;
constexpr int kAscent = 13;
constexpr double kSvgColumn = 0.62 * kSvgFont;  // width of an average character
const cv::Scalar kNothing = cv::Scalar::all(200);

/// Where everything stands, in pixels.
struct Geometry {
  int side, columns, width, height, step_x, step_y;

  Geometry(const std::vector<Tile>& tiles, const MontageLayout& layout)
      : side(static_cast<int>(layout.tile_side)) {
    const int count = std::max(1, static_cast<int>(tiles.size()));
    columns = std::clamp(static_cast<int>(layout.columns), 1, count);
    std::size_t lines = 0;
    for (const Tile& tile : tiles) lines = std::max(lines, tile.captions.size());
    step_x = side + kGap;
    step_y = side + kGap + drawing::kLineHeight * static_cast<int>(lines);
    width = columns * step_x + kGap;
    height = (count + columns - 1) / columns * step_y + kGap;
  }
  cv::Point corner(std::size_t tile) const {
    const int i = static_cast<int>(tile);
    return {kGap + i % columns * step_x, kGap + i / columns * step_y};
  }
  /// Where a picture goes that is smaller than its tile.
  cv::Point centred(std::size_t tile, cv::Size size) const {
    return corner(tile) + cv::Point((side - size.width) / 2, (side - size.height) / 2);
  }
  cv::Point baseline(std::size_t tile, std::size_t line) const {
    return corner(tile) +
           cv::Point(0, side + drawing::kLineHeight * static_cast<int>(line + 1) - 5);
  }
};

}  // namespace

cv::Mat thumbnail(const cv::Mat& image, std::int64_t side) {
  cv::Mat eight = image;
  if (image.depth() == CV_16U) image.convertTo(eight, CV_8U, 1.0 / 257.0);
  const double scale = static_cast<double>(side) / std::max(image.cols, image.rows);
  const cv::Size size(std::max(1, cvRound(image.cols * scale)),
                      std::max(1, cvRound(image.rows * scale)));
  cv::Mat out;
  cv::resize(eight, out, size, 0, 0, scale < 1 ? cv::INTER_AREA : cv::INTER_CUBIC);
  return out;
}

cv::Mat montage(const std::vector<Tile>& tiles, const MontageLayout& layout) {
  const Geometry at(tiles, layout);
  cv::Mat canvas(at.height, at.width, CV_8UC3, cv::Scalar::all(255));
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    if (tiles[i].image.empty()) {
      cv::rectangle(canvas, {at.corner(i), cv::Size(at.side, at.side)}, kNothing, cv::FILLED);
    } else {
      drawing::place(canvas, tiles[i].image, at.corner(i), at.side);
    }
    for (std::size_t k = 0; k < tiles[i].captions.size(); ++k) {
      drawing::draw_text(canvas, tiles[i].captions[k], at.baseline(i, k), at.side);
    }
  }
  return canvas;
}

std::string montage_svg(const std::vector<Tile>& tiles, const MontageLayout& layout) {
  const Geometry at(tiles, layout);
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" font-family=\"DejaVu Sans, Verdana, Helvetica, Arial, sans-serif\" "
      "font-size=\"{2}\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
      at.width, at.height, kSvgFont);
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    if (tiles[i].image.empty()) {
      out += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"#C8C8C8\"/>\n",
                         at.corner(i).x, at.corner(i).y, at.side, at.side);
    } else {
      const cv::Mat picture = thumbnail(tiles[i].image, at.side);
      const cv::Point corner = at.centred(i, picture.size());
      out += fmt::format(
          "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" "
          "href=\"data:image/png;base64,{}\"/>\n",
          corner.x, corner.y, picture.cols, picture.rows, base64(encode_png(picture)));
    }
    for (std::size_t k = 0; k < tiles[i].captions.size(); ++k) {
      const auto columns = static_cast<std::size_t>(at.side / kSvgColumn);
      // A picture of its own, which cuts off what is still too long.
      out += fmt::format(
          "<svg x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"><text y=\"{}\">{}</text></svg>\n",
          at.baseline(i, k).x, at.baseline(i, k).y - kAscent, at.side, drawing::kLineHeight,
          kAscent, escape_markup(display_name(tiles[i].captions[k], columns)));
    }
  }
  return out + "</svg>\n";
}

void write_montage(const std::filesystem::path& directory, const std::string& name,
                   const std::vector<Tile>& tiles, const std::vector<std::string>& columns,
                   const MontageLayout& layout,
                   const std::vector<std::vector<std::string>>& values) {
  make_directories(directory);
  std::vector<std::string> fields = {"row", "column"};
  fields.insert(fields.end(), columns.begin(), columns.end());
  std::string csv = csv_line(fields);
  const auto across = static_cast<std::size_t>(Geometry(tiles, layout).columns);
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    fields = {std::to_string(i / across + 1), std::to_string(i % across + 1)};
    const std::vector<std::string>& own = values.empty() ? tiles[i].captions : values.at(i);
    fields.insert(fields.end(), own.begin(), own.end());
    fields.resize(columns.size() + 2);
    csv += csv_line(fields);
  }
  write_file(directory / (name + ".csv"), csv, Durability::killed_process);
  if (tiles.empty()) {
    std::error_code ignored;  // pictures of an earlier run would not fit the data
    for (const char* format : {".png", ".svg"}) {
      std::filesystem::remove(directory / (name + format), ignored);
    }
    return;
  }
  write_file(directory / (name + ".png"), encode_png(montage(tiles, layout)),
             Durability::killed_process);
  write_file(directory / (name + ".svg"), montage_svg(tiles, layout), Durability::killed_process);
}

}  // namespace xrayclf
