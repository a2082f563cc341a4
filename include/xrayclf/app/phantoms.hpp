#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "xrayclf/core/fields.hpp"
#include "xrayclf/image/phantom.hpp"

namespace xrayclf {

struct PhantomsConfig {
  std::string output;
  std::int64_t patients = 60;
  std::int64_t images_per_patient = 2;
  std::int64_t seed = 1;
  std::vector<Finding> classes = {Finding::normal, Finding::pneumonia, Finding::covid19};
  std::int64_t workers = 0;

  template <class Field>
  static void fields(Field&& field) {
    field("output", &PhantomsConfig::output, "New or empty folder for images.csv and images/",
          required(), Unit{"path"});
    field("patients", &PhantomsConfig::patients, "Patients in all; the classes get equal parts",
          in_range(std::int64_t{1}, std::int64_t{100000}));
    field("images_per_patient", &PhantomsConfig::images_per_patient, "Films of each patient",
          in_range(std::int64_t{1}, std::int64_t{100}));
    field("seed", &PhantomsConfig::seed, "Other seeds draw other patients",
          at_least(std::int64_t{0}));
    field("classes", &PhantomsConfig::classes, "What the patients suffer from");
    field("workers", &PhantomsConfig::workers,
          "Threads; 0 takes all processors; the films do not depend on it",
          in_range(std::int64_t{0}, std::int64_t{1024}));
  }
};

/// Writes a data set of synthetic chest films: OUTPUT/images/CLASS/PATIENT_IMAGE.{png,jpg} and,
/// when they are all there, OUTPUT/images.csv (path, label, patient_id, sex, age). Sizes, bit
/// depths and file types vary from film to film whatever the class. Film i of patient p is a
/// function of (seed, p, i), except that the classes in the list decide the patient's. Throws
/// IoError if OUTPUT holds anything.
void phantoms(const PhantomsConfig& config, std::ostream& out);

}  // namespace xrayclf
