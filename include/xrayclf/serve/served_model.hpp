#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "xrayclf/serve/decoder.hpp"

namespace xrayclf {

enum class MapForm {
  overlay,  ///< PNG of the film under its heat
  heat,     ///< PNG of the film's size, 8-bit grey: 255 for the greatest heat
  raw,      ///< the layer's values as a NumPy file
};

/// What /gradcam is asked.
struct MapQuery {
  std::string method;      ///< "" for the first that is offered
  std::string target;      ///< a class, or "predicted"
  double opacity = 0.5;    ///< of the overlay, 0 to 1
  std::string colour_map;  ///< "" for the default
  MapForm form = MapForm::overlay;
};

/// What it answers.
struct MapAnswer {
  std::string bytes;
  std::string content_type;
  std::string target;      ///< the class that was explained
  double probability = 0;  ///< of that class
  std::string method;
};

/// A classifier as the server sees it. Called from several threads at once.
class ServedModel {
 public:
  virtual ~ServedModel() = default;
  /// In the API, and the label of its figures: letters, digits and .-_
  virtual const std::string& name() const = 0;
  /// What /model says, "classes" and "methods" among it.
  virtual const nlohmann::ordered_json& description() const = 0;
  /// Of each film, of any size, the JSON that `predict` prints, without the path.
  virtual std::vector<nlohmann::ordered_json> predict(const std::vector<Film>& films) = 0;
  /// Throws ConfigError for a method, class or colour map that there is not.
  virtual MapAnswer explain(const Film& film, const MapQuery& query) = 0;
};

}  // namespace xrayclf
