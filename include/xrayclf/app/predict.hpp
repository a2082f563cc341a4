#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "xrayclf/core/fields.hpp"
#include "xrayclf/image/dicom.hpp"
#include "xrayclf/inference/prediction.hpp"
#include "xrayclf/model/precision.hpp"

namespace xrayclf {

/// `xrayclf predict`: classifies images.
struct PredictConfig {
  std::string checkpoint;
  std::vector<std::string> input;
  PredictionFormat format = PredictionFormat::text;
  bool prepared = false;
  DicomInputConfig dicom;
  std::int64_t batch_size = 8;
  std::string device = "auto";
  Precision precision = Precision::float32;

  template <class Field>
  static void fields(Field&& field) {
    field("checkpoint", &PredictConfig::checkpoint,
          "Run (its best checkpoint) or checkpoint directory", required());
    field("input", &PredictConfig::input,
          "Images, directories of images, or - for a list of paths on standard input", required(),
          Positional{});
    field("format", &PredictConfig::format, "Form of the output");
    field("prepared", &PredictConfig::prepared,
          "The images come from xrayclf preprocess with the checkpoint's settings; do not prepare "
          "them again");
    field("dicom", &PredictConfig::dicom, "DICOM films");
    field("batch_size", &PredictConfig::batch_size, "Images at a time",
          in_range(std::int64_t{1}, std::int64_t{65536}), Unit{"images"});
    field("device", &PredictConfig::device, "auto, cpu, cuda or cuda:N");
    field("precision", &PredictConfig::precision, "Arithmetic of the network");
  }
};

/// Prints one line an image, in the order of the inputs. Throws PartialFailure at the end if some
/// failed.
void predict(const PredictConfig& config, std::ostream& out);

}  // namespace xrayclf
