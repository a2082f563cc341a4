#include "app/gradcam_montage.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <opencv2/imgproc.hpp>

namespace xrayclf {

nlohmann::ordered_json figures_json(const std::vector<ReportFigure>& figures) {
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (const ReportFigure& figure : figures) {
    out.push_back({{"file", figure.file}, {"title", figure.title}, {"alt", figure.alt}});
  }
  return out;
}

BestAndWorst::BestAndWorst(std::int64_t classes, std::int64_t keep)
    : keep_(keep),
      best_(static_cast<std::size_t>(classes)),
      worst_(static_cast<std::size_t>(classes)) {}

void BestAndWorst::add(const MontageCandidate& candidate) {
  const auto insert = [&](std::vector<MontageCandidate>& list, bool best) {
    const auto before = [&](const MontageCandidate& a, const MontageCandidate& b) {
      if (a.probability != b.probability) {
        return best ? a.probability > b.probability : a.probability < b.probability;
      }
      return a.image < b.image;
    };
    list.insert(std::upper_bound(list.begin(), list.end(), candidate, before), candidate);
    if (static_cast<std::int64_t>(list.size()) > keep_) list.pop_back();
  };
  insert(best_.at(static_cast<std::size_t>(candidate.group)), true);
  insert(worst_.at(static_cast<std::size_t>(candidate.group)), false);
}

std::vector<std::size_t> BestAndWorst::first_images() const {
  std::vector<std::size_t> images;
  for (const auto* lists : {&best_, &worst_}) {
    for (const auto& list : *lists) {
      if (list.empty()) continue;
      const std::size_t image = list.front().image;
      if (std::find(images.begin(), images.end(), image) == images.end()) images.push_back(image);
    }
  }
  return images;
}

std::vector<ReportFigure> BestAndWorst::write(const std::filesystem::path& output,
                                              const std::vector<std::string>& classes) const {
  std::vector<ReportFigure> figures;
  const auto write_one = [&](const std::vector<std::vector<MontageCandidate>>& lists,
                             const std::string& name, const std::string& title,
                             const std::string& what) {
    std::size_t columns = 0;
    for (const auto& list : lists) columns = std::max(columns, list.size());
    if (columns == 0) return;
    std::vector<Tile> tiles;
    for (std::size_t c = 0; c < lists.size(); ++c) {
      if (lists[c].empty()) continue;
      for (std::size_t i = 0; i < columns; ++i) {
        if (i >= lists[c].size()) {
          tiles.push_back({cv::Mat(kTileSide, kTileSide, CV_8UC1, cv::Scalar(255)), {}});
          continue;
        }
        const MontageCandidate& one = lists[c][i];
        tiles.push_back({one.overlay,
                         {one.name, fmt::format("{}: {:.3f}", classes[c], one.probability),
                          "map of " + one.shown}});
      }
    }
    write_montage(output / "figures", name, tiles, {"image", "class", "shown"},
                  {static_cast<std::int64_t>(columns), kTileSide});
    figures.push_back({"figures/" + name + ".png", title, what});
  };
  write_one(best_, "best", "Best of each class",
            "Overlays of the images whose class got the largest probabilities, a row a class");
  write_one(worst_, "worst", "Worst of each class",
            "Overlays of the images whose class got the smallest probabilities, a row a class");
  return figures;
}

cv::Mat tile_of(const cv::Mat& picture) {
  const double scale = static_cast<double>(kTileSide) / std::max(picture.cols, picture.rows);
  if (scale >= 1) return picture;
  cv::Mat out;
  cv::resize(
      picture, out,
      {std::max(1, cvRound(picture.cols * scale)), std::max(1, cvRound(picture.rows * scale))}, 0,
      0, cv::INTER_AREA);
  return out;
}

}  // namespace xrayclf
