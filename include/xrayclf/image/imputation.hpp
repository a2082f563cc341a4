#pragma once

#include <opencv2/core/mat.hpp>

namespace xrayclf {

/// Fills removed pixels so that the shape of the hole tells nothing: each becomes the weighted mean
/// of its eight neighbours (1/6 beside it, 1/12 across a corner; fewer at the edge), which is one
/// linear system for all of them ("A Consistent and Efficient Evaluation Strategy for Attribution
/// Methods", Rong et al. 2022; there noise is added, which is left to the caller).
///
/// `image`: CV_32FC1. `removed`: CV_8UC1 of the same size, not 0 where a pixel is to be filled; if
/// all are, they become 0. Solved by conjugate gradients until the residual is 1e-4 of the start's.
cv::Mat impute(const cv::Mat& image, const cv::Mat& removed);

}  // namespace xrayclf
