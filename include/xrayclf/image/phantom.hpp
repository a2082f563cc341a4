#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <opencv2/core/mat.hpp>

#include "xrayclf/core/fields.hpp"

/// Synthetic chest films for demonstrations and tests: a drawing of the thorax, no model of X-ray
/// physics.
namespace xrayclf {

/// What a phantom shows, named by the class it belongs to.
enum class Finding {
  normal,     ///< clear lungs
  pneumonia,  ///< one dense focal consolidation in a lobe, with air bronchograms
  covid19,    ///< hazy ground-glass patches in the periphery of both lungs, mostly low
};

template <>
struct EnumNames<Finding> {
  static constexpr std::array<std::pair<Finding, std::string_view>, 3> value{
      {{Finding::normal, "Normal"},
       {Finding::pneumonia, "Pneumonia"},
       {Finding::covid19, "COVID-19"}}};
};

/// The film of a patient. Anatomy is a function of (seed, patient), positioning, exposure and noise
/// of (seed, patient, image); neither depends on the finding.
struct PhantomParameters {
  std::uint64_t seed = 1;
  std::int64_t patient = 0;
  std::int64_t image = 0;
  Finding finding = Finding::normal;
  std::int64_t width = 512;   ///< pixels, at least 32
  std::int64_t height = 512;  ///< pixels, at least 32
};

/// Draws the film: CV_16UC1, height x width.
cv::Mat draw_phantom(const PhantomParameters& parameters);

struct PhantomPatient {
  std::string sex;       ///< "F" or "M"
  std::int64_t age = 0;  ///< years
};

/// Whose film it is; independent of the finding.
PhantomPatient phantom_patient(std::uint64_t seed, std::int64_t patient);

}  // namespace xrayclf
