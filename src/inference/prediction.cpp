#include "xrayclf/inference/prediction.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "xrayclf/core/csv.hpp"
#include "xrayclf/core/text.hpp"

namespace xrayclf {
namespace {

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char byte : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return out;
}

nlohmann::json fact(const Prediction& prediction, const std::string& name) {
  const auto found = prediction.facts.find(name);
  return found == prediction.facts.end() ? nlohmann::json() : found->second;
}

/// A text as it is, a number in four digits, lists and the rest as JSON.
std::string fact_text(const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number()) return fmt::format("{:.4g}", value.get<double>());
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::int64_t Prediction::predicted() const {
  return std::max_element(probabilities.begin(), probabilities.end()) - probabilities.begin();
}

nlohmann::ordered_json prediction_json(const Prediction& prediction,
                                       const std::vector<std::string>& classes,
                                       const std::vector<std::string>& facts) {
  if (!prediction.error.empty()) return {{"error", prediction.error}};
  nlohmann::ordered_json row = {
      {"predicted", classes[static_cast<std::size_t>(prediction.predicted())]}};
  for (std::size_t i = 0; i < classes.size(); ++i) {
    row["probabilities"][classes[i]] = prediction.probabilities[i];
  }
  for (const std::string& name : facts) row[name] = fact(prediction, name);
  return row;
}

PredictionWriter::PredictionWriter(std::ostream& out, PredictionFormat format,
                                   std::vector<std::string> classes, std::vector<std::string> facts)
    : out_(out), format_(format), classes_(std::move(classes)), facts_(std::move(facts)) {
  if (format_ != PredictionFormat::csv) return;
  std::vector<std::string> header = {"path", "predicted"};
  for (const std::string& name : classes_) header.push_back("prob_" + name);
  header.push_back("error");
  header.insert(header.end(), facts_.begin(), facts_.end());
  out_ << csv_line(header);
}

void PredictionWriter::write(const Prediction& prediction) {
  switch (format_) {
    case PredictionFormat::text:
      write_text(prediction);
      break;
    case PredictionFormat::jsonl:
      write_json(prediction);
      break;
    case PredictionFormat::csv:
      write_csv(prediction);
      break;
  }
}

void PredictionWriter::write_text(const Prediction& prediction) {
  out_ << printable(prediction.path) << ": ";
  if (!prediction.error.empty()) {
    out_ << "FAILED: " << printable(prediction.error) << "\n";
    return;
  }
  std::string facts;
  for (const std::string& name : facts_) {
    const nlohmann::json value = fact(prediction, name);
    if (value.is_null() || value == false) continue;
    facts += (facts.empty() ? " [" : "; ") + name + " " + fact_text(value);
  }
  if (!facts.empty()) facts += "]";
  out_ << printable(classes_[static_cast<std::size_t>(prediction.predicted())]) << " (";
  for (std::size_t i = 0; i < classes_.size(); ++i) {
    out_ << (i > 0 ? ", " : "") << printable(classes_[i]) << " "
         << fmt::format("{:.4f}", prediction.probabilities[i]);
  }
  out_ << ")" << printable(facts) << "\n";
}

void PredictionWriter::write_json(const Prediction& prediction) {
  nlohmann::ordered_json row = {{"path", prediction.path}};
  if (!is_utf8(prediction.path)) row["path_hex"] = hex(prediction.path);
  row.update(prediction_json(prediction, classes_, facts_));
  out_ << row.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
}

void PredictionWriter::write_csv(const Prediction& prediction) {
  std::vector<std::string> row = {prediction.path};
  const bool good = prediction.error.empty();
  row.push_back(good ? classes_[static_cast<std::size_t>(prediction.predicted())] : "");
  for (std::size_t i = 0; i < classes_.size(); ++i) {
    row.push_back(good ? csv_number(prediction.probabilities[i]) : "");
  }
  row.push_back(prediction.error);
  for (const std::string& name : facts_) {
    const nlohmann::json value = fact(prediction, name);
    row.push_back(value.is_null()     ? ""
                  : value.is_number() ? csv_number(value.get<double>())
                                      : fact_text(value));
  }
  out_ << csv_line(row);
}

}  // namespace xrayclf
