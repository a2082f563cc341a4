#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "app/gradcam_ensemble.hpp"
#include "app/gradcam_inputs.hpp"
#include "app/gradcam_montage.hpp"

namespace xrayclf {

/// What a class contrast is made from.
struct ContrastContent {
  const GradcamInputs& inputs;
  const EnsembleExplainer& explainers;
  const std::vector<std::string>& classes;
  const OverlayConfig& overlay;
  const std::filesystem::path& output;
};

/// figures/contrast.png: a row an image, the film and then its map of each class (of many classes,
/// of the most probable), with its .csv. Throws IoError, and DataError if an image is gone now.
std::vector<ReportFigure> write_contrast(const ContrastContent& content,
                                         const std::vector<std::size_t>& images);

}  // namespace xrayclf
