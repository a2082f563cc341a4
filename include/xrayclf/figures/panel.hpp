#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <opencv2/core/mat.hpp>

#include "xrayclf/figures/heatmap.hpp"

namespace xrayclf {

/// What a panel tells about one image.
struct PanelContent {
  cv::Mat grey;            ///< the film, CV_8UC1 or CV_16UC1
  cv::Mat heat;            ///< of the film's size, CV_32FC1
  std::string name;        ///< of the image
  std::string method;      ///< of the heat map
  std::string explained;   ///< class that the heat map is about
  std::string true_class;  ///< "" where it is not known
  std::vector<std::string> classes;
  std::vector<double> probabilities;  ///< by class
};

/// Film, heat map with its scale, overlay and probabilities side by side, CV_8UC3 on white; each
/// picture is fitted into `side` pixels. Of many classes the most probable are shown, with the
/// explained and the true one.
cv::Mat draw_panel(const PanelContent& content, const OverlayConfig& config,
                   std::int64_t side = 320);

}  // namespace xrayclf
