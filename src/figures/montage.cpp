#include "xrayclf/figures/montage.hpp"

#include <algorithm>
#include <tuple>

#include <opencv2/imgproc.hpp>

#include "script.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/image/codec.hpp"

namespace xrayclf {
namespace {

constexpr int kGap = 8;
constexpr int kLineHeight = 18;
constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
constexpr double kFontScale = 0.42;

std::string ascii(const std::string& utf8) {
  std::string out;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else if ((byte & 0xC0) == 0xC0) {  // the first byte of a character stands for all of it
      out += '?';
    }
  }
  return out;
}

int text_width(const std::string& text) {
  return cv::getTextSize(text, kFont, kFontScale, 1, nullptr).width;
}

/// The caption in ASCII, cut in the middle until it fits into `width` pixels.
std::string fitted(const std::string& caption, int width) {
  const std::string whole = ascii(display_name(caption, script::kLongName));
  std::string text = whole;
  for (std::size_t kept = whole.size(); text_width(text) > width && kept > 2; --kept) {
    const std::size_t head = kept * 2 / 3;
    text = whole.substr(0, head) + ".." + whole.substr(whole.size() - (kept - head));
  }
  return text;
}

cv::Mat to_colour(const cv::Mat& image) {
  cv::Mat eight = image;
  if (image.depth() == CV_16U) image.convertTo(eight, CV_8U, 1.0 / 257.0);
  if (eight.channels() == 3) return eight;
  cv::Mat colour;
  cv::cvtColor(eight, colour, cv::COLOR_GRAY2BGR);
  return colour;
}

void place_image(cv::Mat& canvas, const cv::Mat& image, cv::Point corner, int side) {
  if (image.empty()) {
    cv::rectangle(canvas, {corner.x, corner.y, side, side}, cv::Scalar::all(200), cv::FILLED);
    return;
  }
  const double scale = static_cast<double>(side) / std::max(image.cols, image.rows);
  const cv::Size size(std::max(1, cvRound(image.cols * scale)),
                      std::max(1, cvRound(image.rows * scale)));
  cv::Mat fitted_image;
  cv::resize(to_colour(image), fitted_image, size, 0, 0,
             scale < 1 ? cv::INTER_AREA : cv::INTER_CUBIC);
  const cv::Point at(corner.x + (side - size.width) / 2, corner.y + (side - size.height) / 2);
  fitted_image.copyTo(canvas(cv::Rect(at, size)));
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
  const int step_y = side + kGap + kLineHeight * static_cast<int>(lines);
  cv::Mat canvas(rows * step_y + kGap, columns * step_x + kGap, CV_8UC3, cv::Scalar::all(255));
  for (int i = 0; i < static_cast<int>(tiles.size()); ++i) {
    const Tile& tile = tiles[static_cast<std::size_t>(i)];
    const cv::Point corner(kGap + i % columns * step_x, kGap + i / columns * step_y);
    place_image(canvas, tile.image, corner, side);
    cv::Point baseline(corner.x, corner.y + side + kLineHeight - 5);
    for (const std::string& caption : tile.captions) {
      cv::putText(canvas, fitted(caption, side), baseline, kFont, kFontScale, cv::Scalar::all(0), 1,
                  cv::LINE_AA);
      baseline.y += kLineHeight;
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
