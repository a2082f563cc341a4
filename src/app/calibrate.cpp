#include "app/calibrate.hpp"

#include <map>
#include <string>
#include <utility>

#include <spdlog/spdlog.h>

#include "app/classify_rows.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/model/calibration_tensors.hpp"
#include "xrayclf/model/checkpoint.hpp"

namespace xrayclf {
namespace {

/// Says what is stored.
void tell(const std::string& where, const TemperatureScaling& scaling) {
  if (!scaling.reason.empty()) {
    spdlog::warn("{} gets no temperature: {}", where, scaling.reason);
    return;
  }
  spdlog::info("temperature {:.4g} stored in {}: mean negative log likelihood {:.4f} to {:.4f}",
               scaling.temperature, where, scaling.nll_before, scaling.nll_after);
}

}  // namespace

void store_temperature(Classifier& classifier, const TemperatureScaling& scaling) {
  if (scaling.reason.empty()) {
    amend_calibration(classifier.path(), {{"temperature", to_json(scaling)}});
    classifier.set_temperature(scaling.temperature);
  }
  tell(printable(classifier.path().string()), scaling);
}

void store_calibration(Classifier& classifier, const TemperatureScaling& scaling,
                       StoredUncertainty fitted) {
  const bool scaled = scaling.reason.empty();
  fitted.temperature = scaled ? scaling.temperature : 1;
  std::map<std::string, torch::Tensor> tensors;
  if (fitted.score == OodScore::mahalanobis) {
    // A class without images is far from everything, in numbers that a file may hold.
    tensors["means"] = fitted.statistics.means.nan_to_num(0, 1e30);
    tensors["precision"] = fitted.statistics.precision;
  }
  const nlohmann::json temperature = scaled ? to_json(scaling) : nlohmann::json();
  amend_calibration_tensors(classifier.path(),
                            {{"temperature", temperature}, {kUncertaintySection, to_json(fitted)}},
                            kUncertaintyTensors, tensors);
  classifier.set_temperature(fitted.temperature);
  const std::string where = printable(classifier.path().string());
  tell(where, scaling);
  spdlog::info(
      "prediction sets, the least confidence to answer at and the threshold of the {} score stored "
      "in {}",
      name_of(fitted.score), where);
}

void calibrate_checkpoint(Ensemble& ensemble, const PreparedSet& set,
                          const std::vector<std::size_t>& rows, std::int64_t batch_size,
                          const UncertaintyConfig& config) {
  Classifier& classifier = ensemble.members().front();
  classifier.set_temperature(1);
  RowOutputs held_out = classify_rows(ensemble, set, rows, batch_size);
  const std::string from = "validation images of " + set.root.string();
  const TemperatureScaling scaling = fit_temperature_scaling(held_out.predictions, from);
  if (scaling.reason.empty()) {
    held_out.predictions = rescaled(std::move(held_out.predictions), scaling.temperature);
  }
  StoredUncertainty fitted = fit_uncertainty(held_out.predictions, held_out.outputs, config);
  fitted.fitted_on = from;
  store_calibration(classifier, scaling, std::move(fitted));
}

}  // namespace xrayclf
