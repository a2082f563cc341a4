#include "xrayclf/app/augment.hpp"

#include <ostream>

#include <spdlog/spdlog.h>
#include <opencv2/core.hpp>

#include "xrayclf/augment/preview.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/image/codec.hpp"

namespace xrayclf {
namespace {

void print_pipeline(const AugmentConfig& config, std::ostream& out) {
  const nlohmann::json document = {{"augment", {{"pipeline", write_json(pipeline_of(config))}}}};
  out << document.dump(2) << "\n";
}

}  // namespace

void augment(const AugmentPreviewConfig& config, std::ostream& out) {
  if (!config.preview) {
    print_pipeline(config.augment, out);
    return;
  }
  if (config.input.empty() || config.output.empty()) {
    throw ConfigError("--input IMAGE and --output GRID.png are required for a preview");
  }
  const cv::Mat prepared = Preprocessor(config.preprocess)(read_image(config.input));
  const cv::Mat grid = draw_preview(prepared, config.augment, config.views, config.seed);
  write_file(config.output, encode_png(grid));
  spdlog::info("wrote {}, {} x {} pixels", config.output, grid.cols, grid.rows);
}

}  // namespace xrayclf
