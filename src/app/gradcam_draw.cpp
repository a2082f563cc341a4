#include "app/gradcam_draw.hpp"

#include <algorithm>

#include "app/gradcam_montage.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/figures/panel.hpp"
#include "xrayclf/image/codec.hpp"
#include "xrayclf/image/npy.hpp"

namespace xrayclf {
namespace {

/// The raw map in 16 bits, its minimum 0 and its maximum 65535.
cv::Mat sixteen_bit(const cv::Mat& raw, double low, double high) {
  cv::Mat out;
  const double scale = high > low ? 65535.0 / (high - low) : 0.0;
  raw.convertTo(out, CV_16U, scale, -low * scale);
  return out;
}

}  // namespace

std::int64_t GradcamItem::predicted() const {
  return std::max_element(probabilities.begin(), probabilities.end()) - probabilities.begin();
}

GradcamArtist::GradcamArtist(const GradcamConfig& config, const std::vector<GradcamImage>& images,
                             const std::vector<std::string>& classes,
                             const ImageExplainer& explainer, const GradcamNames& names)
    : config_(config),
      images_(images),
      classes_(classes),
      explainer_(explainer),
      names_(names),
      output_(config.output) {
  make_directories(output_ / "overlays");
  if (config.panel) make_directories(output_ / "panels");
  if (config.map != MapFile::none) make_directories(output_ / "maps");
}

DrawnItem GradcamArtist::draw(const GradcamItem& item) const {
  DrawnItem out;
  if (!item.error.empty()) out.rows.push_back(row_of(item));
  for (const Explained& explained : item.explained) {
    out.tiles.emplace_back();
    out.rows.push_back(draw_one(item, explained, out.tiles.back()));
  }
  return out;
}

GradcamRow GradcamArtist::row_of(const GradcamItem& item) const {
  const GradcamImage& image = images_[item.image];
  GradcamRow row;
  row.path = image.path;
  if (image.set != nullptr) row.source = image.name;
  row.true_class = image.label;
  row.error = item.error;
  if (!item.probabilities.empty()) {
    row.predicted = classes_[static_cast<std::size_t>(item.predicted())];
  }
  return row;
}

std::string GradcamArtist::write(const std::string& file, const std::string& bytes) const {
  write_file(output_ / file, bytes, Durability::killed_process);
  return file;
}

GradcamRow GradcamArtist::draw_one(const GradcamItem& item, const Explained& explained,
                                   cv::Mat& tile) const {
  const cv::Mat& film = item.film.grey;
  const FilmHeat over = explainer_.lay_over_film(explained.map.heat, film.size());
  const auto cls = static_cast<std::size_t>(explained.cls);
  GradcamRow row = row_of(item);
  row.cls = classes_[cls];
  row.probability = item.probabilities[cls];
  row.peak = over.peak;
  row.area_over_half = over.area_over_half;
  row.quality = explained.quality;
  cv::minMaxLoc(explained.map.raw, &row.map_min, &row.map_max);
  const std::string& name = names_.of(item.image, explained.cls);
  const cv::Mat overlay = draw_overlay(film, over.heat, config_.overlay);
  row.overlay = write("overlays/" + name + ".png", encode_png(overlay));
  tile = tile_of(overlay);
  if (config_.panel) {
    PanelContent content;
    content.grey = film;
    content.heat = over.heat;
    content.name = images_[item.image].name;
    content.method = name_of(config_.method);
    content.explained = row.cls;
    content.true_class = row.true_class;
    content.classes = classes_;
    content.probabilities = item.probabilities;
    row.panel = write("panels/" + name + ".png",
                      encode_png(draw_panel(content, config_.overlay, config_.panel_side)));
  }
  if (config_.map == MapFile::npy) {
    row.map = write("maps/" + name + ".npy", encode_npy(explained.map.raw));
  } else if (config_.map == MapFile::png) {
    row.map = write("maps/" + name + ".png",
                    encode_png(sixteen_bit(explained.map.raw, row.map_min, row.map_max)));
  }
  return row;
}

}  // namespace xrayclf
