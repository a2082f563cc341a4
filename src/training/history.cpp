#include "xrayclf/training/history.hpp"

#include <cmath>
#include <string>
#include <utility>

#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/csv.hpp"
#include "xrayclf/core/json_file.hpp"

namespace xrayclf {
namespace {

/// The columns of a record, in order; `epoch` is handled apart, being a whole number.
std::vector<std::pair<std::string, double>> columns(const EpochRecord& r) {
  return {{"loss", r.train.loss},
          {"accuracy", r.train.accuracy},
          {"auroc", r.train.auroc},
          {"val_loss", r.validation.loss},
          {"val_accuracy", r.validation.accuracy},
          {"val_auroc", r.validation.auroc},
          {"learning_rate", r.learning_rate},
          {"seconds", r.seconds},
          {"images_per_second", r.images_per_second}};
}

nlohmann::ordered_json number(double value) {
  return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

}  // namespace

double monitored(const EpochRecord& record, Monitor monitor) {
  switch (monitor) {
    case Monitor::val_accuracy:
      return record.validation.accuracy;
    case Monitor::val_auroc:
      return record.validation.auroc;
    case Monitor::val_loss:
      return record.validation.loss;
  }
  return record.validation.loss;
}

bool improves(double candidate, double best, Monitor monitor) {
  if (std::isnan(candidate)) return false;
  if (std::isnan(best)) return true;
  return monitor == Monitor::val_loss ? candidate < best : candidate > best;
}

nlohmann::ordered_json to_json(const EpochMetrics& metrics) {
  return {{"loss", number(metrics.loss)},
          {"accuracy", number(metrics.accuracy)},
          {"auroc", number(metrics.auroc)}};
}

nlohmann::ordered_json to_json(const EpochRecord& record) {
  nlohmann::ordered_json out = {{"epoch", record.epoch}};
  for (const auto& [name, value] : columns(record)) out[name] = number(value);
  return out;
}

void write_history(const std::filesystem::path& directory,
                   const std::vector<EpochRecord>& history) {
  std::vector<std::string> header = {"epoch"};
  for (const auto& column : columns({})) header.push_back(column.first);
  std::string csv = csv_line(header);
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const EpochRecord& record : history) {
    std::vector<std::string> row = {std::to_string(record.epoch)};
    for (const auto& column : columns(record)) row.push_back(csv_number(column.second));
    csv += csv_line(row);
    json.push_back(to_json(record));
  }
  write_file(directory / "history.csv", csv);
  write_json_file(directory / "history.json", json);
}

}  // namespace xrayclf
