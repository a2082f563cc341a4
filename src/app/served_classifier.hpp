#pragma once

#include <map>
#include <string>
#include <vector>

#include "app/prediction_facts.hpp"
#include "xrayclf/explain/config.hpp"
#include "xrayclf/explain/image_explainer.hpp"
#include "xrayclf/inference/ensemble.hpp"
#include "xrayclf/serve/served_model.hpp"

namespace xrayclf {

/// A checkpoint as the server wants it, with one explainer a method.
class ServedClassifier : public ServedModel {
 public:
  ServedClassifier(std::string name, Ensemble ensemble, const std::vector<CamMethod>& methods,
                   const torch::Device& device, Precision precision);

  const std::string& name() const override { return name_; }
  const nlohmann::ordered_json& description() const override { return description_; }
  std::vector<nlohmann::ordered_json> predict(const std::vector<Film>& films) override;
  MapAnswer explain(const Film& film, const MapQuery& query) override;

 private:
  std::string name_;
  Ensemble ensemble_;  ///< of this checkpoint alone
  PredictConfig facts_config_;
  PredictionFacts facts_;
  std::vector<std::string> methods_;  ///< names, in the order given
  std::map<std::string, ImageExplainer> explainers_;
  nlohmann::ordered_json description_;
};

}  // namespace xrayclf
