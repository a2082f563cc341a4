#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "xrayclf/core/fields.hpp"

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

}  // namespace xrayclf
