#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "xrayclf/core/fields.hpp"

namespace xrayclf {

/// What a classifier said about one image, or why it could say nothing.
struct Prediction {
  std::string path;
  std::vector<double> probabilities;  ///< one a class, summing to 1; empty after an error
  std::string error;                  ///< "" when there is none
  /// What else is known of the image, by the names that the writer was given; null for nothing.
  std::map<std::string, nlohmann::json> facts;

  /// Class index of the largest probability, the lowest among equals.
  std::int64_t predicted() const;
};

/// {"predicted", "probabilities": {class: p}}, or {"error"}: what is said of an image, whoever is
/// told. The classes are those of the probabilities; facts follow by name.
nlohmann::ordered_json prediction_json(const Prediction& prediction,
                                       const std::vector<std::string>& classes,
                                       const std::vector<std::string>& facts = {});

enum class PredictionFormat { text, jsonl, csv };
template <>
struct EnumNames<PredictionFormat> {
  static constexpr std::array<std::pair<PredictionFormat, std::string_view>, 3> value{
      {{PredictionFormat::text, "text"},
       {PredictionFormat::jsonl, "jsonl"},
       {PredictionFormat::csv, "csv"}}};
};

/// Writes predictions one by one, a line each.
///   text   path, predicted class and probabilities for people
///   jsonl  {"path", "predicted", "probabilities": {class: p}} or {"path", "error"}; a path that is
///          not UTF-8 has its bytes in "path_hex" beside it
///   csv    path,predicted,prob_<class>...,error, with a header line
/// Facts follow in the order of `facts`: as keys, as columns (lists as JSON), or, but for what is
/// not so, in brackets.
class PredictionWriter {
 public:
  PredictionWriter(std::ostream& out, PredictionFormat format, std::vector<std::string> classes,
                   std::vector<std::string> facts = {});
  void write(const Prediction& prediction);

 private:
  void write_text(const Prediction& prediction);
  void write_json(const Prediction& prediction);
  void write_csv(const Prediction& prediction);

  std::ostream& out_;
  PredictionFormat format_;
  std::vector<std::string> classes_;
  std::vector<std::string> facts_;
};

}  // namespace xrayclf
