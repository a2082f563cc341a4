#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <opencv2/core.hpp>

#include "xrayclf/explain/explainer.hpp"
#include "xrayclf/figures/heatmap.hpp"
#include "xrayclf/image/preprocess.hpp"
#include "xrayclf/inference/engine.hpp"
#include "xrayclf/model/input.hpp"

namespace xrayclf {

/// A heat map over the original film.
struct FilmHeat {
  cv::Mat heat;               ///< CV_32FC1, of the film's size
  cv::Point peak;             ///< of the greatest heat, pixels of the film
  double area_over_half = 0;  ///< share of the film with more than half of the greatest heat
};

/// Heat over the prepared image laid back over a film of this size. A map without positive heat has
/// its peak in the middle and no area.
FilmHeat lay_over(const cv::Mat& heat, cv::Size film, AspectRatio aspect);

/// One film explained.
struct Explanation {
  std::int64_t cls = 0;  ///< that is explained
  std::vector<double> probabilities;
  ClassMap map;     ///< over the prepared image
  FilmHeat film;    ///< over the film
  cv::Mat overlay;  ///< CV_8UC3, of the film's size
};

/// From films of any size to explanations: preparation, network, map and overlay.
class ImageExplainer {
 public:
  /// `engine`, if given, is of the explainer's network and computes what lies before the layer.
  ImageExplainer(Explainer explainer, const PreprocessConfig& preprocessing, const InputSpec& input,
                 std::shared_ptr<Engine> engine = nullptr);

  /// Explains a class of one film, by default the predicted one. May be
  /// called from several threads. Throws ConfigError for a class that there is not.
  Explanation explain(const DecodedImage& film, const OverlayConfig& overlay,
                      std::optional<std::int64_t> cls = std::nullopt) const;

  /// The steps of explain(), for batches.
  cv::Mat prepare(const cv::Mat& grey) const { return preprocessor_(grey); }
  cv::Mat prepare(const DecodedImage& image) const { return preprocessor_(image); }
  Look look(const std::vector<cv::Mat>& prepared) const;
  FilmHeat lay_over_film(const cv::Mat& heat, cv::Size film) const {
    return lay_over(heat, film, aspect_);
  }
  const Explainer& explainer() const { return explainer_; }
  const InputSpec& input() const { return input_; }

 private:
  Explainer explainer_;
  Preprocessor preprocessor_;
  AspectRatio aspect_;
  InputSpec input_;
  std::shared_ptr<Engine> engine_;
};

/// The probabilities of image `i` of a batch [N, classes].
std::vector<double> probabilities_of_image(const torch::Tensor& probabilities, std::int64_t i);

}  // namespace xrayclf
