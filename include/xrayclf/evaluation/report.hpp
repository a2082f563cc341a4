#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "xrayclf/core/fields.hpp"
#include "xrayclf/evaluation/predictions.hpp"
#include "xrayclf/metrics/confusion_matrix.hpp"
#include "xrayclf/metrics/interval.hpp"

namespace xrayclf {

/// What intervals take as independent. Images of one patient are not: `patient` widens the
/// intervals where patients have several images, `image` does not.
enum class SamplingUnit { patient, image };
template <>
struct EnumNames<SamplingUnit> {
  static constexpr std::array<std::pair<SamplingUnit, std::string_view>, 2> value{
      {{SamplingUnit::patient, "patient"}, {SamplingUnit::image, "image"}}};
};

struct ReportConfig {
  std::int64_t bootstrap_samples = 1000;
  double confidence = 0.95;
  SamplingUnit sampling_unit = SamplingUnit::patient;
  std::int64_t ece_bins = 15;
  std::int64_t digits = 2;
  std::int64_t seed = 1;

  template <class Field>
  static void fields(Field&& field) {
    field("bootstrap_samples", &ReportConfig::bootstrap_samples,
          "Resamples for the intervals that have no formula; 0 leaves them out",
          in_range(std::int64_t{0}, std::int64_t{1000000}));
    field("confidence", &ReportConfig::confidence, "Level of the confidence intervals",
          in_range(0.5, 0.9999));
    field(
        "sampling_unit", &ReportConfig::sampling_unit,
        "What intervals take as independent: the patient (all their images together) or the image");
    field("ece_bins", &ReportConfig::ece_bins, "Bins of equal width of the calibration error",
          in_range(std::int64_t{1}, std::int64_t{1000}));
    field("digits", &ReportConfig::digits, "Decimals of the classification report",
          in_range(std::int64_t{0}, std::int64_t{10}));
    field("seed", &ReportConfig::seed, "Seed of the bootstrap");
  }
};

/// A number with its interval, or without a number the reason why there is none.
struct Figure {
  std::optional<double> value;
  std::optional<Interval> interval;
  std::string method;  ///< of the interval
  std::string reason;  ///< why there is no value, or no interval
  std::string note;    ///< what a reader of the value must know, for example classes left out
  /// The textbook interval (Wilson, DeLong), given where `interval` had to allow for patients
  /// with several images.
  std::optional<Interval> if_images_were_independent;
};
using Figures = std::vector<std::pair<std::string, Figure>>;  ///< by name, in order of display

/// An accuracy to compare with, for example of a classifier that sees a 32 x 32 thumbnail.
struct Baseline {
  std::string name;
  double accuracy = 0;
};

/// Stands in every report.
inline constexpr std::string_view kResearchNotice =
    "Research software, not a medical device: not for diagnosis or the care of patients.";

/// What a report says beside the numbers of the predictions.
struct ReportContext {
  std::vector<Baseline> baselines;
  nlohmann::ordered_json provenance;  ///< copied as "provenance": checkpoint, data set, versions
};

struct Report {
  ReportConfig config;
  std::int64_t samples = 0;
  std::int64_t patients = 0;  ///< an image without a patient counts as one
  std::vector<std::string> classes;
  ConfusionMatrix confusion;
  double majority_rate = 0;  ///< accuracy of always naming the most frequent true class
  Figures metrics;
  std::vector<Figures> per_class;  ///< in the order of `classes`
  std::vector<std::string> notes;
};

/// Every figure of the predictions with its interval: Wilson's for proportions, DeLong's for the
/// AUROC of a class, percentile bootstrap for the rest. Where patients have several images (and
/// sampling_unit is patient) these become Wilson's with Rao and Scott's design effect, Obuchowski's
/// clustered form of DeLong's, and a bootstrap that draws patients. `method` of each figure says
/// which. The same seed gives the same report with any number of workers (0 = all processors).
/// Throws DataError when there are no rows, or one of unknown truth.
Report make_report(const Predictions& predictions, const ReportConfig& config,
                   std::int64_t workers = 0);

/// report.json: `samples`, `patients`, `classes`, `confusion_matrix` (row = true class), `metrics`,
/// `per_class` by name, `baselines`, `notes`. A figure is {"value", "low", "high", "method"} or
/// {"value": null, "reason"}.
nlohmann::ordered_json report_json(const Report& report, const ReportContext& context = {});

/// report.txt: scikit-learn's classification report, the figures with their intervals, the
/// confusion matrix, the baselines. UTF-8, aligned by code points.
std::string report_text(const Report& report, const ReportContext& context = {});

}  // namespace xrayclf
