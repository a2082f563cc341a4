#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "xrayclf/core/fields.hpp"
#include "xrayclf/data/assign_split.hpp"
#include "xrayclf/image/dicom.hpp"
#include "xrayclf/image/preprocess.hpp"

namespace xrayclf {

/// What happens to a run when an image cannot be read.
enum class BadImage { skip, fail };

template <>
struct EnumNames<BadImage> {
  static constexpr std::array<std::pair<BadImage, std::string_view>, 2> value{
      {{BadImage::skip, "skip"}, {BadImage::fail, "fail"}}};
};

/// DICOM films of a data set.
struct PrepareDicomConfig : DicomConfig {
  std::string key_file;

  template <class Field>
  static void fields(Field&& field) {
    DicomConfig::fields(field);
    field("key_file", &PrepareDicomConfig::key_file,
          "Key for the pseudonyms of patients, made when absent; by default OUTPUT.key beside the "
          "output",
          Unit{"path"});
  }
};

/// `xrayclf preprocess`: the fields of PreprocessConfig beside those of the command.
struct PrepareConfig : PreprocessConfig {
  std::string input;
  std::string output;
  std::vector<std::string> classes;
  SplitConfig split;
  std::string patient_regex;
  PrepareDicomConfig dicom;
  std::int64_t seed = 1;
  BadImage on_bad_image = BadImage::skip;
  bool allow_leaks = false;
  bool fail_on_near = false;
  bool follow_symlinks = false;
  bool baselines = true;
  bool figures = true;
  std::int64_t workers = 0;

  template <class Field>
  static void fields(Field&& field) {
    field("input", &PrepareConfig::input,
          "A folder per class; or train, val and test with a folder per class each; or a CSV with "
          "path, label and optionally patient_id and split",
          required(), Unit{"path"});
    field("output", &PrepareConfig::output,
          "Data directory to write; one that exists is brought up to date", required(),
          Unit{"path"});
    field("classes", &PrepareConfig::classes,
          "All classes in the order wanted; sorted by name where not given");
    PreprocessConfig::fields(field);
    field("split", &PrepareConfig::split, "Training, validation and test");
    field("patient_regex", &PrepareConfig::patient_regex,
          "Regular expression with one capture group that finds the patient in a file's name, for "
          "example '^([0-9]+)_'");
    field("dicom", &PrepareConfig::dicom, "DICOM films");
    field("seed", &PrepareConfig::seed, "Seed of the split", at_least(std::int64_t{0}));
    field("on_bad_image", &PrepareConfig::on_bad_image,
          "Leave out an image that cannot be read, with its reason in audit.json, or stop");
    field("allow_leaks", &PrepareConfig::allow_leaks,
          "Accept a patient or an image in two splits, and an image under two labels");
    field("fail_on_near", &PrepareConfig::fail_on_near,
          "Refuse near-duplicates across splits or classes too");
    field("follow_symlinks", &PrepareConfig::follow_symlinks,
          "Follow symbolic links in an input folder");
    field("baselines", &PrepareConfig::baselines,
          "Estimate how well the class can be told without looking for disease");
    field("figures", &PrepareConfig::figures,
          "Draw the class distribution and a grid of samples into figures/");
    field("workers", &PrepareConfig::workers, "Threads; 0: one a processor",
          in_range(std::int64_t{0}, std::int64_t{1024}));
  }
};

/// Prepares a data set and prints its audit.
void preprocess(const PrepareConfig& config, std::ostream& out);

}  // namespace xrayclf
