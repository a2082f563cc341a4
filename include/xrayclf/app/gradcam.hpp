#pragma once

#include <array>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "xrayclf/app/checkpoint_list.hpp"
#include "xrayclf/core/fields.hpp"
#include "xrayclf/explain/config.hpp"
#include "xrayclf/explain/quality.hpp"
#include "xrayclf/figures/heatmap.hpp"
#include "xrayclf/image/dicom.hpp"
#include "xrayclf/inference/engine.hpp"
#include "xrayclf/inference/ensemble.hpp"
#include "xrayclf/model/precision.hpp"

namespace xrayclf {

/// How raw class maps are kept.
enum class MapFile {
  none,
  npy,  ///< float32, the layer's size, before any normalisation
  png,  ///< 16 bit, the same values from map_min (0) to map_max (65535) of the image's row
};
template <>
struct EnumNames<MapFile> {
  static constexpr std::array<std::pair<MapFile, std::string_view>, 3> value{
      {{MapFile::none, "none"}, {MapFile::npy, "npy"}, {MapFile::png, "png"}}};
};

enum class RowFormat { csv, jsonl };
template <>
struct EnumNames<RowFormat> {
  static constexpr std::array<std::pair<RowFormat, std::string_view>, 2> value{
      {{RowFormat::csv, "csv"}, {RowFormat::jsonl, "jsonl"}}};
};

/// `xrayclf gradcam`: where a classifier looks. The fields of ExplainConfig and EnsembleConfig
/// beside those of the command.
struct GradcamConfig : ExplainConfig, EnsembleConfig {
  CheckpointList checkpoint;
  std::vector<std::string> input;
  std::string split;
  std::string originals;
  std::string output;
  std::string target = "predicted";
  OverlayConfig overlay;
  bool panel = false;
  std::int64_t panel_side = 320;
  MapFile map = MapFile::none;
  RowFormat rows = RowFormat::csv;
  bool quality = false;
  QualityConfig measure;
  std::int64_t montage_images = 5;
  DicomInputConfig dicom;
  std::int64_t batch_size = 8;
  std::string device = "auto";
  Precision precision = Precision::float32;
  EngineKind engine = EngineKind::automatic;

  template <class Field>
  static void fields(Field&& field) {
    field("checkpoint", &GradcamConfig::checkpoint,
          "Run (its best checkpoint) or checkpoint directory; given more than once, the mean of "
          "their maps",
          required(), Unit{"paths"});
    field(
        "input", &GradcamConfig::input,
        "Images, directories of images, a CSV with path and optionally label and split, a prepared "
        "data set or its manifest, or - for a list of paths on standard input",
        required(), Positional{});
    field("split", &GradcamConfig::split,
          "Only these images of a CSV or prepared data set: train, validation or test");
    field("originals", &GradcamConfig::originals,
          "Where the films of a prepared data set lie now, if not where preprocess found them",
          Unit{"path"});
    field("output", &GradcamConfig::output, "Directory for overlays, rows and figures", required(),
          Unit{"path"});
    field("target", &GradcamConfig::target,
          "Class to explain: predicted, true, all, or a class's name");
    ExplainConfig::fields(field);
    EnsembleConfig::fields(field);
    field("overlay", &GradcamConfig::overlay, "How heat is drawn");
    field("panel", &GradcamConfig::panel,
          "Also film, heat map, overlay and probabilities side by side");
    field("panel_side", &GradcamConfig::panel_side, "Side of a panel's pictures",
          in_range(std::int64_t{64}, std::int64_t{4096}), Unit{"pixels"});
    field("map", &GradcamConfig::map, "Also the raw class map, as .npy or 16-bit PNG");
    field("rows", &GradcamConfig::rows, "Form of the rows, gradcam.csv or gradcam.jsonl");
    field("quality", &GradcamConfig::quality,
          "Measure how far the maps can be believed; about 100 passes an image");
    field("measure", &GradcamConfig::measure, "Of --quality");
    field("montage_images", &GradcamConfig::montage_images,
          "Best and worst images of each class in the montages; 0 leaves them out",
          in_range(std::int64_t{0}, std::int64_t{50}));
    field("dicom", &GradcamConfig::dicom, "DICOM films");
    field("batch_size", &GradcamConfig::batch_size, "Images at a time",
          in_range(std::int64_t{1}, std::int64_t{65536}), Unit{"images"});
    field("device", &GradcamConfig::device, "auto, cpu, cuda or cuda:N");
    field("precision", &GradcamConfig::precision, "Arithmetic of the network");
    field(
        "engine", &GradcamConfig::engine,
        "What computes the network up to the layer: reference (LibTorch), fused (own CPU kernels), "
        "or auto for fused where it can");
  }
};

/// Writes overlays/, on demand panels/ and maps/, the rows, gradcam.json (what is where), figures/
/// (montages; with --quality explanation_quality and beside it quality.csv and quality.json), and
/// prints a summary. Throws PartialFailure at the end if some images failed.
void gradcam(const GradcamConfig& config, std::ostream& out);

}  // namespace xrayclf
