#include "xrayclf/explain/image_explainer.hpp"

#include <algorithm>
#include <utility>

#include "xrayclf/core/error.hpp"
#include "xrayclf/explain/class_map.hpp"
#include "xrayclf/image/placement.hpp"

namespace xrayclf {

FilmHeat lay_over(const cv::Mat& heat, cv::Size film, AspectRatio aspect) {
  FilmHeat out;
  out.heat = map_to_original(heat, film, aspect);
  double high = 0;
  cv::minMaxLoc(out.heat, nullptr, &high, nullptr, &out.peak);
  if (high > 0) {
    out.area_over_half = cv::countNonZero(out.heat > high / 2) / static_cast<double>(film.area());
  } else {
    out.peak = {film.width / 2, film.height / 2};
  }
  return out;
}

ImageExplainer::ImageExplainer(Explainer explainer, const PreprocessConfig& preprocessing,
                               const InputSpec& input, std::shared_ptr<Engine> engine)
    : explainer_(std::move(explainer)),
      preprocessor_(preprocessing),
      aspect_(preprocessing.resize.aspect),
      input_(input),
      engine_(std::move(engine)) {}

Look ImageExplainer::look(const std::vector<cv::Mat>& prepared) const {
  const torch::Tensor images = to_input(prepared, input_);
  if (!engine_ || !uses_activations(explainer_.config().method)) return explainer_.look(images);
  return explainer_.look(images, engine_->map(prepared, explainer_.layer().cut));
}

Explanation ImageExplainer::explain(const DecodedImage& film, const OverlayConfig& overlay,
                                    std::optional<std::int64_t> cls) const {
  const Look seen = look({prepare(film)});
  Explanation out;
  out.probabilities = probabilities_of_image(seen.probabilities(), 0);
  out.cls = cls.value_or(std::max_element(out.probabilities.begin(), out.probabilities.end()) -
                         out.probabilities.begin());
  if (out.cls < 0 || out.cls >= static_cast<std::int64_t>(out.probabilities.size())) {
    throw ConfigError("there is no class of index " + std::to_string(out.cls));
  }
  out.map = explainer_.maps(seen, {out.cls}).front();
  out.film = lay_over_film(out.map.heat, film.grey.size());
  out.overlay = draw_overlay(film.grey, out.film.heat, overlay);
  return out;
}

std::vector<double> probabilities_of_image(const torch::Tensor& probabilities, std::int64_t i) {
  const torch::Tensor row = probabilities[i].contiguous();
  return {row.data_ptr<double>(), row.data_ptr<double>() + row.numel()};
}

}  // namespace xrayclf
