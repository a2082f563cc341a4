#include "app/served_classifier.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/sha256.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/image/codec.hpp"
#include "xrayclf/image/npy.hpp"
#include "xrayclf/inference/prediction.hpp"
#include "xrayclf/metrics/temperature.hpp"

namespace xrayclf {
namespace {

/// Heat over the film as a grey picture, white for the greatest.
cv::Mat as_grey(const cv::Mat& heat) {
  double greatest = 0;
  cv::minMaxLoc(heat, nullptr, &greatest);
  cv::Mat grey;
  heat.convertTo(grey, CV_8U, greatest > 0 ? 255 / greatest : 0);
  return grey;
}

/// All that `predict` can say of an image with this checkpoint.
PredictConfig all_facts(const Ensemble& ensemble) {
  PredictConfig config;
  config.uncertainty = true;
  config.abstain = stored_uncertainty(ensemble.members().front()).has_value();
  return config;
}

DecodedImage decoded(const Film& film) {
  DecodedImage image;
  image.grey = film.grey;
  image.info.format = film.format;
  return image;
}

/// Probabilities of temperature 1 as the checkpoint's own temperature makes them.
std::vector<double> at_temperature(std::vector<double> probabilities, double temperature) {
  for (double& value : probabilities) value = std::log(std::max(value, 1e-300));
  return softmax({probabilities, static_cast<std::int64_t>(probabilities.size())}, temperature);
}

[[noreturn]] void no_such(const std::string& what, const std::vector<std::string>& known,
                          const std::string& given) {
  throw ConfigError(what + " must be one of " + join(known) + did_you_mean(given, known));
}

}  // namespace

ServedClassifier::ServedClassifier(std::string name, Ensemble ensemble,
                                   const std::vector<CamMethod>& methods,
                                   const torch::Device& device, Precision precision)
    : name_(std::move(name)),
      ensemble_(std::move(ensemble)),
      facts_config_(all_facts(ensemble_)),
      facts_(facts_config_, ensemble_) {
  const Classifier& classifier = ensemble_.members().front();
  const CheckpointInfo& info = classifier.info();
  const auto preprocessing = read_json<PreprocessConfig>(info.preprocessing);
  for (const CamMethod method : methods) {
    ExplainConfig config;
    config.method = method;
    methods_.emplace_back(name_of(method));
    explainers_.emplace(
        methods_.back(),
        ImageExplainer(Explainer(classifier.network(), config, device, precision), preprocessing,
                       info.input, device.is_cpu() ? classifier.engine() : nullptr));
  }
  description_ = {{"name", name_},
                  {"classes", info.classes},
                  {"architecture", info.network.architecture},
                  {"image_size", preprocessing.image_size},
                  {"preprocessing", info.preprocessing},
                  {"preprocessing_fingerprint", info.preprocessing_fingerprint},
                  {"checkpoint_sha256", sha256_file(classifier.path() / "MANIFEST.json")},
                  {"temperature", classifier.temperature()},
                  {"device", device.str()},
                  {"precision", name_of(precision)},
                  {"methods", methods_},
                  {"colour_maps", detail::names_of_enum<ColourMap>()}};
}

std::vector<nlohmann::ordered_json> ServedClassifier::predict(const std::vector<Film>& films) {
  std::vector<cv::Mat> prepared;
  for (const Film& film : films) prepared.push_back(ensemble_.prepare(decoded(film)).front());
  const EnsembleOutputs outputs = ensemble_.outputs({prepared});
  std::vector<nlohmann::ordered_json> rows;
  for (std::size_t i = 0; i < films.size(); ++i) {
    Prediction prediction;
    const auto row = static_cast<std::int64_t>(i);
    prediction.probabilities = probabilities_of_image(outputs.probabilities, row);
    facts_.add(prediction, {outputs, row, 0}, check_film(films[i].grey));
    rows.push_back(prediction_json(prediction, ensemble_.classes(), facts_.names()));
  }
  return rows;
}

MapAnswer ServedClassifier::explain(const Film& film, const MapQuery& query) {
  const std::string method = query.method.empty() ? methods_.front() : query.method;
  const auto explainer = explainers_.find(method);
  if (explainer == explainers_.end()) no_such("method", methods_, method);
  const auto& classes = ensemble_.classes();
  std::optional<std::int64_t> cls;
  if (query.target != "predicted") {
    const auto found = std::find(classes.begin(), classes.end(), query.target);
    if (found == classes.end()) no_such("class", classes, query.target);
    cls = found - classes.begin();
  }
  OverlayConfig overlay;
  overlay.opacity = query.opacity;
  if (!query.colour_map.empty()) {
    overlay.colour_map = enum_from_name<ColourMap>(query.colour_map, "colour_map");
  }
  Explanation made = explainer->second.explain(decoded(film), overlay, cls);
  made.probabilities =
      at_temperature(made.probabilities, ensemble_.members().front().temperature());
  MapAnswer answer;
  answer.content_type = "image/png";
  switch (query.form) {
    case MapForm::overlay:
      answer.bytes = encode_png(made.overlay);
      break;
    case MapForm::heat:
      answer.bytes = encode_png(as_grey(made.film.heat));
      break;
    case MapForm::raw:
      answer.content_type = "application/octet-stream";
      answer.bytes = encode_npy(made.map.raw);
      break;
  }
  answer.target = classes[static_cast<std::size_t>(made.cls)];
  answer.probability = made.probabilities[static_cast<std::size_t>(made.cls)];
  answer.method = method;
  return answer;
}

}  // namespace xrayclf
