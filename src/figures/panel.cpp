#include "xrayclf/figures/panel.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>
#include <opencv2/imgproc.hpp>

#include "drawing.hpp"
#include "xrayclf/figures/style.hpp"

namespace xrayclf {
namespace {

constexpr int kPanelGap = 12;
constexpr int kTitleHeight = 22;  // height of the line above each picture
constexpr int kScale = 12;        // width of the colour scale
constexpr int kFigures = 30;      // room for "0.5" beside it
constexpr int kBars = 270;        // width of the probabilities
constexpr int kBarHeight = 16;
constexpr int kBarStep = 44;

cv::Scalar bgr(Colour colour) {
  return {double(colour.blue), double(colour.green), double(colour.red)};
}

void draw_scale(cv::Mat& canvas, cv::Point corner, int side, const OverlayConfig& config) {
  cv::Mat ramp(side, kScale, CV_32FC1);
  for (int y = 0; y < side; ++y) {
    ramp.row(y).setTo(config.full_scale * (1.0 - static_cast<double>(y) / (side - 1)));
  }
  colour_heat(ramp, config).copyTo(canvas(cv::Rect(corner, ramp.size())));
  for (const double share : {0.0, 0.5, 1.0}) {
    const int y = corner.y + cvRound((side - 10) * (1 - share)) + 10;
    drawing::draw_text(canvas, fmt::format("{:.2g}", share * config.full_scale),
                       {corner.x + kScale + 4, y}, kFigures);
  }
}

/// Which classes have a bar, in their own order.
std::vector<std::size_t> shown_classes(const PanelContent& content, std::size_t room) {
  std::vector<std::size_t> order(content.classes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto urgency = [&](std::size_t i) {
    const bool named =
        content.classes[i] == content.explained || content.classes[i] == content.true_class;
    return content.probabilities[i] + (named ? 2.0 : 0.0);
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return urgency(a) > urgency(b); });
  order.resize(std::min(order.size(), room));
  std::sort(order.begin(), order.end());
  return order;
}

void draw_bars(cv::Mat& canvas, cv::Point corner, int side, const PanelContent& content) {
  const auto room = static_cast<std::size_t>(std::max(1, (side - 30) / kBarStep));
  int y = corner.y + 14;
  for (const std::size_t i : shown_classes(content, room)) {
    const std::string& name = content.classes[i];
    std::string marks;
    if (name == content.true_class) marks += " (true)";
    if (name == content.explained) marks += " (explained)";
    const std::string figure = fmt::format("{:.3f}", content.probabilities[i]);
    const int width = kBars - drawing::text_width(figure) - drawing::text_width(marks) - 8;
    const std::string label = drawing::fitted(name, width) + marks;
    drawing::draw_text(canvas, label, {corner.x, y}, kBars);
    drawing::draw_text(canvas, figure, {corner.x + kBars - drawing::text_width(figure), y}, kBars);
    const cv::Rect frame(corner.x, y + 6, kBars, kBarHeight);
    cv::rectangle(canvas, frame, cv::Scalar::all(230), cv::FILLED);
    const int length = cvRound(kBars * std::clamp(content.probabilities[i], 0.0, 1.0));
    cv::rectangle(canvas, cv::Rect(frame.x, frame.y, length, kBarHeight),
                  name == content.explained ? bgr(series_colour(1)) : bgr(series_colour(0)),
                  cv::FILLED);
    y += kBarStep;
  }
  const std::string truth =
      content.true_class.empty() ? "true class not known" : "true class: " + content.true_class;
  drawing::draw_text(canvas, truth, {corner.x, corner.y + side - 4}, kBars);
}

}  // namespace

cv::Mat draw_panel(const PanelContent& content, const OverlayConfig& config, std::int64_t side64) {
  const int side = static_cast<int>(side64);
  const int width = 3 * side + kScale + kFigures + kBars + 6 * kPanelGap;
  cv::Mat canvas(side + kTitleHeight + 2 * kPanelGap, width, CV_8UC3, cv::Scalar::all(255));
  const int top = kPanelGap + kTitleHeight;
  int x = kPanelGap;
  const auto add = [&](const std::string& title, const cv::Mat& picture) {
    drawing::draw_text(canvas, title, {x, kPanelGap + 12}, side);
    drawing::place(canvas, picture, {x, top}, side);
    x += side + kPanelGap;
  };
  add(content.name, displayable(content.grey));
  add(content.method + " of " + content.explained, colour_heat(content.heat, config));
  draw_scale(canvas, {x - kPanelGap + 4, top}, side, config);
  x += kScale + kFigures;
  add("overlay", draw_overlay(content.grey, content.heat, config));
  drawing::draw_text(canvas, "probabilities", {x, kPanelGap + 12}, kBars);
  draw_bars(canvas, {x, top}, side, content);
  return canvas;
}

}  // namespace xrayclf
