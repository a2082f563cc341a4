#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <opencv2/core/mat.hpp>

#include "xrayclf/augment/config.hpp"

namespace xrayclf {

/// One transform of a pipeline at work.
struct PreviewRow {
  std::vector<std::string> label;  ///< its name, then a line a parameter
  std::vector<cv::Mat> images;     ///< the image itself, then views of indices 0, 1, ... of epoch 0
};

/// A row for each transform of the pipeline on its own and certain, and a last one for the whole
/// pipeline with its probabilities. Throws ConfigError where the pipeline is empty.
std::vector<PreviewRow> preview_rows(const cv::Mat& prepared, const AugmentConfig& config,
                                     std::int64_t views, std::int64_t seed);

/// A labelled grid of one image's views: a row for each transform of the pipeline on its own and
/// certain, and a last row for the whole pipeline with its probabilities. The first column is the
/// image itself, the others its views of indices 0 ... views-1 in epoch 0. Mixup and CutMix, which
/// need a batch, have no row. `prepared` is CV_8UC1 as the network gets it; the grid is CV_8UC1.
/// Throws ConfigError where the pipeline is empty or the grid would exceed 2^27 pixels.
cv::Mat draw_preview(const cv::Mat& prepared, const AugmentConfig& config, std::int64_t views,
                     std::int64_t seed);

}  // namespace xrayclf
