#include "app/calibrate.hpp"

#include <spdlog/spdlog.h>

#include "app/classify_rows.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/model/checkpoint.hpp"

namespace xrayclf {

void store_temperature(Classifier& classifier, const TemperatureScaling& scaling) {
  const std::string where = printable(classifier.path().string());
  if (!scaling.reason.empty()) {
    spdlog::warn("{} gets no temperature: {}", where, scaling.reason);
    return;
  }
  amend_calibration(classifier.path(), {{"temperature", to_json(scaling)}});
  classifier.set_temperature(scaling.temperature);
  spdlog::info("temperature {:.4g} stored in {}: mean negative log likelihood {:.4f} to {:.4f}",
               scaling.temperature, where, scaling.nll_before, scaling.nll_after);
}

void calibrate_checkpoint(Classifier& classifier, const PreparedSet& set,
                          const std::vector<std::size_t>& rows, std::int64_t batch_size) {
  classifier.set_temperature(1);
  const Predictions validation = classify_rows(classifier, set, rows, batch_size);
  store_temperature(
      classifier, fit_temperature_scaling(validation, "validation images of " + set.root.string()));
}

}  // namespace xrayclf
