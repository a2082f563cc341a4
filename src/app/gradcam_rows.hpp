#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <opencv2/core.hpp>

#include "xrayclf/app/gradcam.hpp"

namespace xrayclf {

/// One explained class of one image, or why there is none: a line of gradcam.csv.
struct GradcamRow {
  std::string path;
  std::string source;  ///< the film of a prepared image, relative to its data set's input
  std::string true_class;
  std::string predicted;
  std::string cls;  ///< explained
  double probability = 0;
  cv::Point peak;             ///< pixels of the film
  double area_over_half = 0;  ///< share of the film
  double map_min = 0, map_max = 0;
  std::optional<MapQuality> quality;
  std::string overlay, panel, map;  ///< files, relative to the output
  std::string error;
};

/// The rows as CSV, or as JSON lines; with the figures of quality where they were asked for.
std::string gradcam_rows(const std::vector<GradcamRow>& rows, RowFormat format, bool with_quality);

/// The figures of quality alone: path, class, figures.
std::string quality_rows(const std::vector<GradcamRow>& rows);

}  // namespace xrayclf
