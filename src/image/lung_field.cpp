#include "xrayclf/image/lung_field.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <opencv2/imgproc.hpp>

namespace xrayclf {
namespace {

constexpr int kFieldSide = 128;     // of the copy that is worked on
constexpr double kBlur = 2.0;       // pixels of it
constexpr int kMargin = 2;          // what comes closer to the edge is air around the body
constexpr double kSmallest = 0.03;  // of the image, one lung
constexpr double kLargest = 0.25;   // of the image, one lung
constexpr double kUnlike = 3.5;     // areas of the two lungs, the one over the other

/// Tried in this order: a grey level as a share of Otsu's, and the width in pixels of the bridges
/// to the air outside that are cut.
struct Attempt {
  double level;
  int bridge;
};
constexpr std::array<Attempt, 9> kAttempts = {{{1.0, 5},
                                               {1.0, 9},
                                               {0.92, 5},
                                               {0.92, 9},
                                               {0.84, 5},
                                               {0.84, 9},
                                               {0.75, 7},
                                               {1.08, 7},
                                               {0.65, 7}}};

/// Two upright ellipses where lungs lie on a usual frontal film.
cv::Mat average_place() {
  cv::Mat mask(kFieldSide, kFieldSide, CV_8UC1, cv::Scalar(0));
  for (const double x : {0.29, 0.71}) {
    cv::ellipse(mask, {cvRound(x * kFieldSide), cvRound(0.48 * kFieldSide)},
                {cvRound(0.17 * kFieldSide), cvRound(0.34 * kFieldSide)}, 0, 0, 360,
                cv::Scalar(255), cv::FILLED);
  }
  return mask;
}

/// Otsu's level of the middle of the film.
double dark_level(const cv::Mat& smooth) {
  const cv::Rect middle(kFieldSide / 8, kFieldSide / 8, kFieldSide * 6 / 8, kFieldSide * 6 / 8);
  cv::Mat ignored;
  return cv::threshold(smooth(middle).clone(), ignored, 0, 255,
                       cv::THRESH_BINARY | cv::THRESH_OTSU);
}

struct Lung {
  std::vector<cv::Point> hull;
  double area = 0;  ///< share of the image
};

/// The largest dark region of a half that stays clear of the film's edge and lies where lungs do.
Lung lung_of(const cv::Mat& dark, bool left) {
  cv::Mat half = dark.clone();
  half(cv::Rect(left ? kFieldSide / 2 : 0, 0, kFieldSide / 2, kFieldSide)).setTo(0);
  cv::Mat labels, stats, centres;
  const int count = cv::connectedComponentsWithStats(half, labels, stats, centres);
  Lung best;
  for (int i = 1; i < count; ++i) {
    const double area =
        stats.at<int>(i, cv::CC_STAT_AREA) / static_cast<double>(kFieldSide * kFieldSide);
    const int x = stats.at<int>(i, cv::CC_STAT_LEFT);
    const int y = stats.at<int>(i, cv::CC_STAT_TOP);
    const bool clear = x > kMargin && y > kMargin &&
                       x + stats.at<int>(i, cv::CC_STAT_WIDTH) < kFieldSide - kMargin &&
                       y + stats.at<int>(i, cv::CC_STAT_HEIGHT) < kFieldSide - kMargin;
    const double height = centres.at<double>(i, 1) / kFieldSide;
    if (!clear || area <= best.area || area < kSmallest || area > kLargest || height < 0.2 ||
        height > 0.72) {
      continue;
    }
    std::vector<cv::Point> points;
    cv::findNonZero(labels == i, points);
    cv::convexHull(points, best.hull);
    best.area = area;
  }
  return best;
}

/// Both lungs below a grey level, or an empty mask.
cv::Mat lungs_below(const cv::Mat& smooth, double level, int bridge) {
  cv::Mat dark = smooth <= level;
  cv::morphologyEx(dark, dark, cv::MORPH_OPEN,
                   cv::getStructuringElement(cv::MORPH_ELLIPSE, {bridge, bridge}));
  const Lung left = lung_of(dark, true);
  const Lung right = lung_of(dark, false);
  if (left.hull.empty() || right.hull.empty()) return {};
  if (std::max(left.area, right.area) > kUnlike * std::min(left.area, right.area)) return {};
  cv::Mat mask(kFieldSide, kFieldSide, CV_8UC1, cv::Scalar(0));
  cv::fillConvexPoly(mask, left.hull, cv::Scalar(255));
  cv::fillConvexPoly(mask, right.hull, cv::Scalar(255));
  return mask;
}

}  // namespace

LungField lung_field(const cv::Mat& grey) {
  cv::Mat small, smooth;
  cv::resize(grey, small, {kFieldSide, kFieldSide}, 0, 0, cv::INTER_AREA);
  cv::GaussianBlur(small, smooth, {}, kBlur);
  const double level = dark_level(smooth);
  cv::Mat mask;
  for (const Attempt& attempt : kAttempts) {
    mask = lungs_below(smooth, level * attempt.level, attempt.bridge);
    if (!mask.empty()) break;
  }
  LungField field;
  field.found = !mask.empty();
  if (!field.found) mask = average_place();
  cv::resize(mask, field.mask, grey.size(), 0, 0, cv::INTER_NEAREST);
  return field;
}

}  // namespace xrayclf
