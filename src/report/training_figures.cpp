#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include <nlohmann/json.hpp>

#include "xrayclf/augment/augmenter.hpp"
#include "xrayclf/augment/preview.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/figures/montage.hpp"
#include "xrayclf/report/figures.hpp"

namespace xrayclf {
namespace {

constexpr std::int64_t kViews = 5;
constexpr std::int64_t kViewSide = 160;  // pixels

std::vector<HistoryPoint> read_history(const std::filesystem::path& run,
                                       const std::vector<PhaseFigure>& phases) {
  const auto file = run / "history.json";
  const nlohmann::json history = read_json_file(file);
  std::vector<HistoryPoint> points;
  try {
    for (const nlohmann::json& entry : history) {
      const auto number = [&](const char* key) {
        const auto& value = entry.at(key);
        return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
      };
      HistoryPoint point;
      point.epoch = number("epoch");
      point.loss = number("loss");
      point.accuracy = number("accuracy");
      point.auroc = number("auroc");
      point.val_loss = number("val_loss");
      point.val_accuracy = number("val_accuracy");
      point.val_auroc = number("val_auroc");
      point.learning_rate = number("learning_rate");
      const auto phase = entry.at("phase").get<std::size_t>();
      if (phases.size() > 1 && phase >= 1 && phase <= phases.size()) {
        point.phase = phases[phase - 1].name;
      }
      points.push_back(point);
    }
  } catch (const nlohmann::json::exception& e) {
    throw DataError(file.string() + " is not a history as training writes it: " + e.what());
  }
  return points;
}

void write_augmentation(const std::filesystem::path& directory, const std::string& name,
                        const AugmentConfig& config, const cv::Mat& image, std::int64_t seed) {
  std::vector<Tile> tiles;
  std::vector<std::vector<std::string>> values;
  for (const PreviewRow& row : preview_rows(image, config, kViews, seed)) {
    std::string parameters;
    for (std::size_t k = 1; k < row.label.size(); ++k) {
      parameters += (k > 1 ? "; " : "") + row.label[k].substr(row.label[k].find_first_not_of(' '));
    }
    for (std::size_t view = 0; view < row.images.size(); ++view) {
      const std::string what = view == 0 ? "prepared" : "view " + std::to_string(view);
      tiles.push_back({row.images[view], {row.label.front(), what}});
      values.push_back({row.label.front(), parameters, what});
    }
  }
  write_montage(directory, name, tiles, {"transform", "parameters", "view"},
                {kViews + 1, kViewSide}, values);
}

}  // namespace

void write_training_figures(const std::filesystem::path& run,
                            const std::vector<PhaseFigure>& phases, std::int64_t best_epoch,
                            const cv::Mat& image, std::int64_t seed) {
  const auto directory = run / kFiguresFolder;
  const std::optional<double> best =
      best_epoch > 0 ? std::optional(static_cast<double>(best_epoch)) : std::nullopt;
  PlotWriter(directory).write(history_plot(read_history(run, phases), best));
  std::vector<nlohmann::json> drawn;
  for (std::size_t i = 0; i < phases.size(); ++i) {
    nlohmann::json steps = nlohmann::json::array();
    bool changes_images = false;
    for (const PipelineStep& step : pipeline_of(phases[i].augment)) {
      steps.push_back(step.to_json());
      changes_images = changes_images || Augmenter::only(step).changes_images();
    }
    if (!changes_images || std::find(drawn.begin(), drawn.end(), steps) != drawn.end()) continue;
    drawn.push_back(steps);
    write_augmentation(directory,
                       "augmentation_examples" + (i == 0 ? "" : "_" + std::to_string(i + 1)),
                       phases[i].augment, image, seed);
  }
}

}  // namespace xrayclf
