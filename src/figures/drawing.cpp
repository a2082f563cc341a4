#include "drawing.hpp"

#include <algorithm>

#include <opencv2/imgproc.hpp>

#include "script.hpp"
#include "xrayclf/figures/montage.hpp"

namespace xrayclf::drawing {
namespace {

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

}  // namespace

int text_width(const std::string& text) {
  return cv::getTextSize(text, kFont, kFontScale, 1, nullptr).width;
}

std::string fitted(const std::string& line, int width) {
  const std::string whole = ascii(display_name(line, script::kLongName));
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

void draw_text(cv::Mat& canvas, const std::string& text, cv::Point baseline, int width) {
  cv::putText(canvas, fitted(text, width), baseline, kFont, kFontScale, cv::Scalar::all(0), 1,
              cv::LINE_AA);
}

void place(cv::Mat& canvas, const cv::Mat& picture, cv::Point corner, int side) {
  const cv::Mat resized = to_colour(thumbnail(picture, side));
  const cv::Point at(corner.x + (side - resized.cols) / 2, corner.y + (side - resized.rows) / 2);
  resized.copyTo(canvas(cv::Rect(at, resized.size())));
}

}  // namespace xrayclf::drawing
