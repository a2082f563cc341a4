#pragma once

#include "phantom_canvas.hpp"
#include "xrayclf/image/phantom.hpp"

namespace xrayclf {

/// Where lesions can be, in body coordinates.
struct PhantomLungs {
  double top, bottom, width, bow;  ///< as in the outline of the lungs
  cv::Mat1f clear;                 ///< the lungs that neither heart nor mediastinum covers
};

/// Adds what the finding shows to the film's density.
void add_lesions(cv::Mat1f& density, const PhantomCanvas& canvas, const PhantomLungs& lungs,
                 Finding finding, Random& random);

}  // namespace xrayclf
