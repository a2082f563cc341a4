#include "xrayclf/augment/preview.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <opencv2/imgproc.hpp>

#include "xrayclf/augment/augmenter.hpp"

namespace xrayclf {
namespace {

constexpr int kGap = 6;
constexpr std::int64_t kMostPixels = std::int64_t{1} << 27;
const cv::Scalar kPaper(255);
const cv::Scalar kInk(0);

/// A row of the grid: what it shows, in lines of text, and the views' maker.
struct Row {
  std::vector<std::string> label;  ///< the first line is its title
  Augmenter augmenter;
};

/// Text of one size, in proportion to the images.
class Lettering {
 public:
  explicit Lettering(int image_height) : scale_(std::clamp(image_height / 224.0, 0.7, 3.0) * 0.42) {
    int below = 0;
    const cv::Size size = cv::getTextSize("Xg", kFont, scale_, 1, &below);
    ascent_ = size.height;
    line_ = ascent_ + below + kGap / 2;
  }
  int line() const { return line_; }
  int width(const std::string& text) const {
    return cv::getTextSize(text, kFont, scale_, 1, nullptr).width;
  }
  /// Draws with the upper left corner at `at`.
  void draw(cv::Mat& on, const std::string& text, cv::Point at) const {
    cv::putText(on, text, {at.x, at.y + ascent_}, kFont, scale_, kInk, 1, cv::LINE_AA);
  }

 private:
  static constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
  double scale_;
  int ascent_ = 0;
  int line_ = 0;
};

std::vector<std::string> label_of(const PipelineStep& step) {
  std::vector<std::string> lines = {step.name()};
  const nlohmann::json parameters = step.to_json();
  for (const auto& item : parameters.items()) {
    if (item.key() == "transform") continue;
    const bool text = item.value().is_string();
    lines.push_back("  " + item.key() + " " +
                    (text ? item.value().get<std::string>() : item.value().dump()));
  }
  return lines;
}

PipelineStep certain(PipelineStep step) {
  std::visit([](auto& t) { t.p = 1; }, step.transform);
  return step;
}

std::vector<Row> rows_of(const AugmentConfig& config) {
  const std::vector<PipelineStep> pipeline = pipeline_of(config);
  std::vector<Row> rows;
  for (const PipelineStep& step : pipeline) {
    Augmenter alone = Augmenter::only(certain(step));
    if (alone.changes_images()) rows.push_back({label_of(step), std::move(alone)});
  }
  if (rows.empty()) {
    throw ConfigError(
        "nothing to preview: give --augment.preset, or --augment.pipeline with a "
        "transform of single images");
  }
  std::vector<std::string> title = {"whole pipeline"};
  if (config.preset != AugmentPreset::none) {
    title.push_back("  " + std::string(name_of(config.preset)));
  }
  rows.push_back({std::move(title), Augmenter(config)});
  return rows;
}

int widest_label(const std::vector<Row>& rows, const Lettering& lettering) {
  int widest = 0;
  for (const Row& row : rows) {
    for (const std::string& line : row.label) widest = std::max(widest, lettering.width(line));
  }
  return widest;
}

void draw_label(cv::Mat& grid, const Row& row, cv::Point at, int height,
                const Lettering& lettering) {
  int y = at.y;
  for (const std::string& line : row.label) {
    if (y + lettering.line() > at.y + height) return;
    lettering.draw(grid, line, {at.x, y});
    y += lettering.line();
  }
}

}  // namespace

std::vector<PreviewRow> preview_rows(const cv::Mat& prepared, const AugmentConfig& config,
                                     std::int64_t views, std::int64_t seed) {
  std::vector<PreviewRow> out;
  for (const Row& row : rows_of(config)) {
    out.push_back({row.label, {prepared}});
    for (std::int64_t view = 0; view < views; ++view) {
      out.back().images.push_back(
          row.augmenter.view(prepared, static_cast<std::uint64_t>(seed), 0, view));
    }
  }
  return out;
}

cv::Mat draw_preview(const cv::Mat& prepared, const AugmentConfig& config, std::int64_t views,
                     std::int64_t seed) {
  const std::vector<Row> rows = rows_of(config);
  const Lettering lettering(prepared.rows);
  const int left = widest_label(rows, lettering) + 2 * kGap;
  const int top = lettering.line() + kGap;
  const std::int64_t width = left + (views + 1) * (prepared.cols + kGap);
  const std::int64_t height = top + static_cast<std::int64_t>(rows.size()) * (prepared.rows + kGap);
  if (width * height > kMostPixels) {
    throw ConfigError("a preview of " + std::to_string(width) + " x " + std::to_string(height) +
                      " pixels is too large; ask for fewer views or a smaller image_size");
  }
  cv::Mat grid(static_cast<int>(height), static_cast<int>(width), CV_8UC1, kPaper);
  for (int column = 0; column <= views; ++column) {
    const int x = left + column * (prepared.cols + kGap);
    lettering.draw(grid, column == 0 ? "prepared" : "view " + std::to_string(column),
                   {x, kGap / 2});
    int y = top;
    for (const Row& row : rows) {
      const cv::Mat shown =
          column == 0
              ? prepared
              : row.augmenter.view(prepared, static_cast<std::uint64_t>(seed), 0, column - 1);
      shown.copyTo(grid(cv::Rect(x, y, prepared.cols, prepared.rows)));
      if (column == 0) draw_label(grid, row, {kGap, y}, prepared.rows, lettering);
      y += prepared.rows + kGap;
    }
  }
  return grid;
}

}  // namespace xrayclf
