#include "xrayclf/training/history.hpp"

#include <cmath>
#include <string>
#include <type_traits>
#include <utility>

#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/csv.hpp"
#include "xrayclf/core/json_file.hpp"

namespace xrayclf {
namespace {

/// The columns of a record, in order; `epoch` and `phase` are handled apart, being whole numbers.
template <class Record>
auto columns(Record& r) {
  using Value = std::conditional_t<std::is_const_v<Record>, const double, double>;
  return std::vector<std::pair<const char*, Value*>>{{"loss", &r.train.loss},
                                                     {"accuracy", &r.train.accuracy},
                                                     {"auroc", &r.train.auroc},
                                                     {"val_loss", &r.validation.loss},
                                                     {"val_accuracy", &r.validation.accuracy},
                                                     {"val_auroc", &r.validation.auroc},
                                                     {"learning_rate", &r.learning_rate},
                                                     {"seconds", &r.seconds},
                                                     {"images_per_second", &r.images_per_second}};
}

nlohmann::ordered_json number(double value) {
  return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

}  // namespace

EpochFigures figures(const EpochRecord& record) {
  EpochFigures named;
  for (const auto& [name, value] : columns(record)) named[name] = *value;
  return named;
}

nlohmann::ordered_json to_json(const EpochMetrics& metrics) {
  return {{"loss", number(metrics.loss)},
          {"accuracy", number(metrics.accuracy)},
          {"auroc", number(metrics.auroc)}};
}

nlohmann::ordered_json to_json(const EpochRecord& record) {
  nlohmann::ordered_json out = {{"epoch", record.epoch}, {"phase", record.phase}};
  for (const auto& [name, value] : columns(record)) out[name] = number(*value);
  return out;
}

EpochRecord epoch_record_from_json(const nlohmann::json& json) {
  EpochRecord record;
  json.at("epoch").get_to(record.epoch);
  json.at("phase").get_to(record.phase);
  for (const auto& [name, value] : columns(record)) {
    const nlohmann::json& entry = json.at(name);
    *value = entry.is_null() ? std::nan("") : entry.get<double>();
  }
  return record;
}

void write_history(const std::filesystem::path& directory,
                   const std::vector<EpochRecord>& history) {
  std::vector<std::string> header = {"epoch", "phase"};
  const EpochRecord empty;
  for (const auto& column : columns(empty)) header.emplace_back(column.first);
  std::string csv = csv_line(header);
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const EpochRecord& record : history) {
    std::vector<std::string> row = {std::to_string(record.epoch), std::to_string(record.phase)};
    for (const auto& column : columns(record)) row.push_back(csv_number(*column.second));
    csv += csv_line(row);
    json.push_back(to_json(record));
  }
  write_file(directory / "history.csv", csv);
  write_json_file(directory / "history.json", json);
}

}  // namespace xrayclf
