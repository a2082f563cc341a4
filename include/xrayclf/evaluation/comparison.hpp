#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "xrayclf/core/fields.hpp"
#include "xrayclf/evaluation/compared_model.hpp"
#include "xrayclf/evaluation/rater_agreement.hpp"
#include "xrayclf/evaluation/report.hpp"

namespace xrayclf {

/// How p-values allow for there being several of a kind.
enum class Correction {
  none,
  holm,                ///< family-wise error rate
  benjamini_hochberg,  ///< false discovery rate
};
template <>
struct EnumNames<Correction> {
  static constexpr std::array<std::pair<Correction, std::string_view>, 3> value{
      {{Correction::none, "none"},
       {Correction::holm, "holm"},
       {Correction::benjamini_hochberg, "benjamini_hochberg"}}};
};

/// Whether two models differ in one figure.
struct PairedTest {
  std::string test;      ///< "mcnemar", "delong" or "bootstrap"
  std::string figure;    ///< "accuracy", "auroc", "auroc_macro", ...
  std::string of_class;  ///< of "auroc"; else ""
  Figure difference;     ///< first - second
  std::optional<double> p_value;
  /// Allowing for all tests of the same kind and figure: all pairs of models and, of "auroc", all
  /// classes.
  std::optional<double> adjusted_p_value;
  nlohmann::ordered_json detail = nlohmann::ordered_json::object();  ///< counts, statistic
};

struct ModelPair {
  std::size_t first = 0, second = 0;  ///< positions among the models
  std::vector<PairedTest> tests;
};

struct Comparison {
  ReportConfig config;
  Correction correction = Correction::holm;
  std::vector<ComparedModel> models;
  std::vector<Report> reports;  ///< one a model
  std::vector<ModelPair> pairs;
  RaterAgreement agreement;  ///< of truth, models and readers
  std::vector<std::string> notes;
};

/// Compares models that align() brought to the same images and classes; at least two. Every pair
/// gets McNemar's exact test of being right, DeLong's paired test of each class's AUROC and of
/// their mean (see delong_macro; clustered by patient where these have several images), and paired
/// bootstrap differences of the main figures with two-sided percentile p-values
/// 2 min(#{d <= 0}, #{d >= 0}) (+ 1 each) / (samples + 1).
Comparison compare_models(std::vector<ComparedModel> models, const std::vector<Rater>& readers,
                          Correction correction, const ReportConfig& config,
                          std::int64_t workers = 0);

/// compare.json: `images`, `patients`, `classes`, `models`, `pairs`, `agreement`, `notes`.
nlohmann::ordered_json comparison_json(const Comparison& comparison);
/// compare.txt: tables of the same.
std::string comparison_text(const Comparison& comparison);
/// compare.csv: one line a figure, difference or agreement.
std::string comparison_csv(const Comparison& comparison);

}  // namespace xrayclf
