#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "xrayclf/figures/montage.hpp"

namespace xrayclf {

/// A picture that a reader of a report can look at.
struct ReportFigure {
  std::string file;  ///< relative to the output
  std::string title;
  std::string alt;  ///< what it shows, for readers who cannot see it
};
nlohmann::ordered_json figures_json(const std::vector<ReportFigure>& figures);

/// An explained image on its way into the montages.
struct MontageCandidate {
  std::size_t image = 0;  ///< in the order of the inputs
  std::string name;
  std::int64_t group = 0;  ///< its true class, or the predicted one where that is not known
  double probability = 0;  ///< of that class
  std::string shown;       ///< class that the overlay explains, and its probability
  cv::Mat overlay;         ///< reduced to a tile
};

/// Keeps the images of each class whose class got the largest and the smallest probability.
class BestAndWorst {
 public:
  BestAndWorst(std::int64_t classes, std::int64_t keep);

  void add(const MontageCandidate& candidate);
  /// The best and the worst image of each class, each image once.
  std::vector<std::size_t> first_images() const;

  /// figures/best.png and figures/worst.png, a row a class, with their .csv. Throws IoError.
  std::vector<ReportFigure> write(const std::filesystem::path& output,
                                  const std::vector<std::string>& classes) const;

 private:
  // By class, best first and worst first; equal probabilities by image.
  std::int64_t keep_;
  std::vector<std::vector<MontageCandidate>> best_;
  std::vector<std::vector<MontageCandidate>> worst_;
};

inline constexpr std::int64_t kTileSide = 200;  ///< pixels

/// A picture no larger than a tile.
cv::Mat tile_of(const cv::Mat& picture);

}  // namespace xrayclf
