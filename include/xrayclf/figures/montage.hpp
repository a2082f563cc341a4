#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <opencv2/core/mat.hpp>

namespace xrayclf {

/// One picture of a montage and the lines of text under it. A line too long for the tile is cut in
/// the middle. In the PNG, whose fonts know ASCII only, other characters appear as "?"; the SVG has
/// them.
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

/// The same as an SVG that holds its pictures.
std::string montage_svg(const std::vector<Tile>& tiles, const MontageLayout& layout);

/// Writes NAME.png, NAME.svg and NAME.csv: row and column of every tile (from 1) and what `columns`
/// name, one row of `values` a tile, by default its captions. Without tiles there is only the CSV.
/// Throws IoError.
void write_montage(const std::filesystem::path& directory, const std::string& name,
                   const std::vector<Tile>& tiles, const std::vector<std::string>& columns,
                   const MontageLayout& layout,
                   const std::vector<std::vector<std::string>>& values = {});

/// The picture scaled so that its longer side is `side` pixels, CV_8UC1 or CV_8UC3.
cv::Mat thumbnail(const cv::Mat& image, std::int64_t side);

}  // namespace xrayclf
