#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>

#include "xrayclf/augment/config.hpp"
#include "xrayclf/core/fields.hpp"
#include "xrayclf/image/preprocess.hpp"

namespace xrayclf {

/// `xrayclf augment`: what an augmentation does to an image.
struct AugmentPreviewConfig {
  std::string input;
  std::string output;
  bool preview = true;
  std::int64_t views = 6;
  std::int64_t seed = 1;
  AugmentConfig augment;
  PreprocessConfig preprocess;

  template <class Field>
  static void fields(Field&& field) {
    field("input", &AugmentPreviewConfig::input, "Image to show views of", Unit{"path"});
    field("output", &AugmentPreviewConfig::output, "PNG with the grid", Unit{"path"});
    field("preview", &AugmentPreviewConfig::preview,
          "Draw the grid; off prints the pipeline as JSON, ready for a --config file");
    field("views", &AugmentPreviewConfig::views, "Views a row",
          in_range(std::int64_t{1}, std::int64_t{64}));
    field("seed", &AugmentPreviewConfig::seed, "Seed of the views");
    field("augment", &AugmentPreviewConfig::augment, "Random changes of training images");
    field("preprocess", &AugmentPreviewConfig::preprocess, "How the image is prepared first");
  }
};

/// Prepares the image as the network will see it and writes a grid of its views (draw_preview);
/// with preview off prints {"augment": {"pipeline": [...]}} instead.
void augment(const AugmentPreviewConfig& config, std::ostream& out);

}  // namespace xrayclf
