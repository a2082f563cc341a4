#pragma once

#include <string>
#include <vector>

#include "xrayclf/figures/plot.hpp"

namespace xrayclf {

/// A mean over images at each of a row of places, with its spread.
struct MeanSeries {
  std::vector<double> mean;
  std::vector<double> low;   ///< lower quartile
  std::vector<double> high;  ///< upper quartile
};

/// A figure of heat maps beside the value that a map of no content has.
struct HeatShare {
  std::string name;
  double value = 0;
  double chance = 0;
};

/// How good heat maps are, over all images that were measured. Empty parts are left blank.
struct ExplanationFigures {
  /// Probability of the explained class by share of pixels changed (rising evenly from 0 to 1).
  MeanSeries insertion, insertion_random, deletion, deletion_random;
  /// The same by share of pixels removed and imputed.
  std::vector<double> road_shares;
  MeanSeries road_hottest, road_coldest;
  /// Similarity to the trained network's map as its weights are randomised from the head on.
  std::vector<std::string> stages;
  MeanSeries similarity;
  std::vector<HeatShare> shares;
};

/// Four panels: insertion and deletion, ROAD, randomised weights, where the heat lies.
Plot explanation_plot(const ExplanationFigures& figures);

}  // namespace xrayclf
