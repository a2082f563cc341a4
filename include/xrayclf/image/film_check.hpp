#pragma once

#include <opencv2/core/mat.hpp>

namespace xrayclf {

/// Whether an image is an upright frontal chest film at all, by its coarse grey values: quick and
/// simple, no classifier of views. Error rates are in docs/uncertainty.md.
struct FilmCheck {
  bool not_xray = false;           ///< in no orientation, nor inverted, like a chest film
  bool wrong_orientation = false;  ///< turned by 90, 180 or 270 degrees
  bool inverted = false;           ///< lungs bright and bones dark
  bool lateral = false;            ///< the middle is not brighter than what lies beside it

  double likeness = 0;    ///< to a chest film in the best orientation, in [0, 1]
  int quarter_turns = 0;  ///< clockwise ones by which the film is turned, 0 to 3
  double midline = 0;     ///< brightness of the middle over the lungs, in standard deviations

  bool passed() const { return !(not_xray || wrong_orientation || inverted || lateral); }
};

/// `grey`: CV_8UC1 or CV_16UC1 of any size. The image becomes 16 x 16 means, less the plane through
/// them, of norm 1. `likeness` is the largest magnitude of its product with a template under four
/// turns; a negative product means inverted. Of what is not like a chest film nothing else is said.
FilmCheck check_film(const cv::Mat& grey);

}  // namespace xrayclf
