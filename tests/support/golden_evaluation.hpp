#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "xrayclf/core/json_file.hpp"
#include "xrayclf/evaluation/predictions.hpp"

namespace xrayclf::test {

/// golden/evaluation/evaluation.json; its generator beside it says where the numbers come from.
inline const nlohmann::json& golden_evaluation() {
  static const nlohmann::json value = read_json_file(std::filesystem::path(XRAYCLF_TEST_DATA) /
                                                     "golden" / "evaluation" / "evaluation.json");
  return value;
}

/// Predictions of classes "class 0", ... for images "image 0", ... without patients.
inline Predictions make_predictions(const std::vector<std::int64_t>& truth,
                                    const std::vector<std::vector<double>>& values) {
  Predictions out;
  for (std::size_t c = 0; c < values.at(0).size(); ++c) {
    out.classes.push_back("class " + std::to_string(c));
  }
  for (std::size_t i = 0; i < truth.size(); ++i) {
    out.truth.push_back(truth[i]);
    out.paths.push_back("image " + std::to_string(i));
    out.patients.emplace_back();
    out.probabilities.insert(out.probabilities.end(), values[i].begin(), values[i].end());
  }
  return out;
}

}  // namespace xrayclf::test
