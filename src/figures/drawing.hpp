#pragma once

#include <string>

#include <opencv2/core/mat.hpp>

/// Text and pictures within pictures. OpenCV's fonts know ASCII only: other characters appear as
/// "?".
namespace xrayclf::drawing {

inline constexpr int kLineHeight = 18;  ///< pixels from line to line

int text_width(const std::string& text);

/// The text in ASCII, cut in the middle until it fits into `width` pixels.
std::string fitted(const std::string& text, int width);

/// Black text from `baseline` rightwards, cut to `width` pixels.
void draw_text(cv::Mat& canvas, const std::string& text, cv::Point baseline, int width);

/// Grey of 8 or 16 bit as BGR; BGR as it is.
cv::Mat to_colour(const cv::Mat& image);

/// The picture (grey or BGR) in the middle of the square of `side` pixels at `corner`, as large as
/// fits with its proportions kept.
void place(cv::Mat& canvas, const cv::Mat& picture, cv::Point corner, int side);

}  // namespace xrayclf::drawing
