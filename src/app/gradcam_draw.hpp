#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "app/gradcam_inputs.hpp"
#include "app/gradcam_names.hpp"
#include "app/gradcam_rows.hpp"

namespace xrayclf {

/// A class of an image that was explained.
struct Explained {
  std::int64_t cls = 0;
  ClassMap map;
  std::optional<MapQuality> quality;
};

/// An image on its way: loaded, explained, drawn.
struct GradcamItem {
  std::size_t image = 0;  ///< in the order of the inputs
  LoadedFilm film;
  std::string error;
  std::vector<double> probabilities;
  std::vector<Explained> explained;

  /// Class of the largest probability.
  std::int64_t predicted() const;
};

/// The rows of an item, with the overlays (as tiles) of those that have one.
struct DrawnItem {
  std::vector<GradcamRow> rows;
  std::vector<cv::Mat> tiles;
};

/// Writes an item's files.
class GradcamArtist {
 public:
  /// Makes the folders. Throws IoError.
  GradcamArtist(const GradcamConfig& config, const std::vector<GradcamImage>& images,
                const std::vector<std::string>& classes, const ImageExplainer& explainer,
                const GradcamNames& names);

  /// May be called from several threads. Throws IoError.
  DrawnItem draw(const GradcamItem& item) const;

 private:
  GradcamRow row_of(const GradcamItem& item) const;
  GradcamRow draw_one(const GradcamItem& item, const Explained& explained, cv::Mat& tile) const;
  std::string write(const std::string& file, const std::string& bytes) const;

  const GradcamConfig& config_;
  const std::vector<GradcamImage>& images_;
  const std::vector<std::string>& classes_;
  const ImageExplainer& explainer_;
  const GradcamNames& names_;
  std::filesystem::path output_;
};

}  // namespace xrayclf
