#include "app/gradcam_contrast.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

namespace xrayclf {
namespace {

constexpr std::size_t kMostClasses = 6;  // columns that a montage has room for

/// All classes in their order, or the most probable of too many.
std::vector<std::size_t> shown_classes(const std::vector<double>& probabilities) {
  std::vector<std::size_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (order.size() <= kMostClasses) return order;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return probabilities[a] > probabilities[b];
  });
  order.resize(kMostClasses);
  return order;
}

void add_image(std::vector<Tile>& tiles, const ContrastContent& content, std::size_t index) {
  const GradcamImage& image = content.inputs.images()[index];
  const LoadedFilm film = content.inputs.load(image, content.explainers.first());
  const EnsembleLook look = content.explainers.look({film.prepared});
  const auto probabilities = probabilities_of_image(look.probabilities, 0);
  tiles.push_back(
      {tile_of(displayable(film.grey)),
       {image.name, image.label.empty() ? "true class not known" : "true: " + image.label}});
  for (const std::size_t c : shown_classes(probabilities)) {
    const auto cls = static_cast<std::int64_t>(c);
    const ClassMap map = content.explainers.maps(look, {cls}).front();
    const FilmHeat over = content.explainers.first().lay_over_film(map.heat, film.grey.size());
    tiles.push_back(
        {tile_of(draw_overlay(film.grey, over.heat, content.overlay)),
         {"map of " + content.classes[c], fmt::format("probability {:.3f}", probabilities[c])}});
  }
}

}  // namespace

std::vector<ReportFigure> write_contrast(const ContrastContent& content,
                                         const std::vector<std::size_t>& images) {
  std::vector<Tile> tiles;
  for (const std::size_t image : images) add_image(tiles, content, image);
  if (tiles.empty()) return {};
  const std::size_t columns = std::min(content.classes.size(), kMostClasses) + 1;
  write_montage(content.output / "figures", "contrast", tiles, {"image", "what"},
                {static_cast<std::int64_t>(columns), kTileSide});
  return {{"figures/contrast.png", "Class contrast",
           "The same film with the map of each class, for the best and the worst image of each"}};
}

}  // namespace xrayclf
