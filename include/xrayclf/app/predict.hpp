#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "xrayclf/app/checkpoint_list.hpp"
#include "xrayclf/core/fields.hpp"
#include "xrayclf/image/dicom.hpp"
#include "xrayclf/inference/engine.hpp"
#include "xrayclf/inference/ensemble.hpp"
#include "xrayclf/inference/prediction.hpp"
#include "xrayclf/model/precision.hpp"

namespace xrayclf {

/// `xrayclf predict`: classifies images.
struct PredictConfig : EnsembleConfig {
  CheckpointList checkpoint;
  std::vector<std::string> input;
  PredictionFormat format = PredictionFormat::text;
  bool prepared = false;
  DicomInputConfig dicom;
  bool gate = true;
  bool uncertainty = false;
  bool abstain = false;
  std::int64_t dropout_passes = 20;
  std::int64_t seed = 1;
  std::int64_t batch_size = 8;
  std::string device = "auto";
  Precision precision = Precision::float32;
  EngineKind engine = EngineKind::automatic;

  template <class Field>
  static void fields(Field&& field) {
    field("checkpoint", &PredictConfig::checkpoint,
          "Run (its best checkpoint) or checkpoint directory; given more than once, an ensemble",
          required(), Unit{"paths"});
    field("input", &PredictConfig::input,
          "Images, directories of images, or - for a list of paths on standard input", required(),
          Positional{});
    field("format", &PredictConfig::format, "Form of the output");
    field("prepared", &PredictConfig::prepared,
          "The images come from xrayclf preprocess with the checkpoint's settings; do not prepare "
          "them again");
    field("dicom", &PredictConfig::dicom, "DICOM films");
    field("gate", &PredictConfig::gate,
          "Check that each image is an upright frontal chest film, and say what it seems to be "
          "otherwise; not with --prepared");
    EnsembleConfig::fields(field);
    field("uncertainty", &PredictConfig::uncertainty,
          "Add entropy, disagreement, spread under dropout and, where the checkpoint holds them, "
          "prediction set and out-of-distribution score");
    field("abstain", &PredictConfig::abstain,
          "Abstain, with the reason, where the confidence is too low, the image is out of "
          "distribution or the gate does not let it pass; needs a checkpoint from train or eval "
          "--calibrate");
    field("dropout_passes", &PredictConfig::dropout_passes,
          "Passes of the head under dropout for --uncertainty; 0 for none",
          in_range(std::int64_t{0}, std::int64_t{10000}));
    field("seed", &PredictConfig::seed, "Seed of the dropout");
    field("batch_size", &PredictConfig::batch_size, "Images at a time",
          in_range(std::int64_t{1}, std::int64_t{65536}), Unit{"images"});
    field("device", &PredictConfig::device, "auto, cpu, cuda or cuda:N");
    field("precision", &PredictConfig::precision, "Arithmetic of the network");
    field("engine", &PredictConfig::engine,
          "What computes the network: reference (LibTorch), fused (own CPU kernels), or auto for "
          "fused where it can");
  }
};

/// Prints one line an image, in the order of the inputs. Throws PartialFailure at the end if some
/// failed.
void predict(const PredictConfig& config, std::ostream& out);

}  // namespace xrayclf
