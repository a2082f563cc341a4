#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <opencv2/core/mat.hpp>

namespace xrayclf {

/// One picture of a montage and the lines of text under it. A line too long for the tile is cut in
/// the middle. OpenCV's fonts know ASCII only: other characters appear as "?", and whole in the CSV
/// file.
struct Tile {
  cv::Mat image;  ///< CV_8UC1, CV_16UC1 or CV_8UC3 (BGR), any size; empty leaves a grey field
  std::vector<std::string> captions;
};

struct MontageLayout {
  std::int64_t columns = 5;
  std::int64_t tile_side = 200;  ///< pixels; pictures are fitted into it, their proportions kept
};

/// The tiles in rows from the top left, on white, CV_8UC3.
cv::Mat montage(const std::vector<Tile>& tiles, const MontageLayout& layout);

/// Writes NAME.png (a montage) and NAME.csv (row, column and captions of every tile;
/// `caption_names` are the columns' names). Throws IoError.
void write_montage(const std::filesystem::path& directory, const std::string& name,
                   const std::vector<Tile>& tiles, const std::vector<std::string>& caption_names,
                   const MontageLayout& layout);

/// An image that was given the wrong class.
struct Misclassified {
  std::string image;  ///< path or identifier
  std::string true_class;
  std::string predicted_class;
  double true_probability = 0;
  double predicted_probability = 0;
};

/// Worst first: the smallest probability of the true class, then the greatest of the wrong one,
/// then by name, so that the order is the same on every machine.
void sort_worst_first(std::vector<Misclassified>& images);

/// The captions of a gallery's tile and the names of their columns.
std::vector<std::string> captions_of(const Misclassified& image);
std::vector<std::string> misclassified_caption_names();

}  // namespace xrayclf
