#include "xrayclf/app/gradcam.hpp"

#include <algorithm>
#include <future>
#include <iostream>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <opencv2/core.hpp>

#include "app/gradcam_contrast.hpp"
#include "app/gradcam_draw.hpp"
#include "app/gradcam_ensemble.hpp"
#include "xrayclf/core/atomic_file.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/interrupt.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/core/parallel.hpp"
#include "xrayclf/core/progress.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/core/version.hpp"
#include "xrayclf/explain/class_map.hpp"
#include "xrayclf/explain/quality_summary.hpp"
#include "xrayclf/model/device.hpp"

namespace xrayclf {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

using Batch = std::vector<GradcamItem>;

class GradcamRun {
 public:
  GradcamRun(const GradcamConfig& config, const Ensemble& ensemble)
      : config_(config),
        ensemble_(ensemble),
        classes_(ensemble.classes()),
        device_(select_device(config.device)),
        target_(GradcamTarget::parse(config.target, classes_)),
        explainers_(config, ensemble, device_),
        explainer_(explainers_.first()),
        inputs_(config, ensemble.members().front(), std::cin),
        names_(inputs_.images(), target_, classes_),
        artist_(config, inputs_.images(), classes_, explainer_, names_),
        output_(config.output),
        montage_(static_cast<std::int64_t>(classes_.size()), config.montage_images) {}

  void run(std::ostream& out);

 private:
  Batch load(std::size_t first) const;
  void explain(Batch& batch);
  void measure(GradcamItem& item);
  std::vector<GradcamRow> draw(const Batch& batch);
  void offer_for_montage(const GradcamItem& item, const DrawnItem& drawn);
  std::int64_t label_of(std::size_t image) const;
  void process_all();
  std::vector<ReportFigure> write_montages();
  QualitySummary summarise() const;
  void finish(std::ostream& out);

  const GradcamConfig& config_;
  const Ensemble& ensemble_;
  const std::vector<std::string>& classes_;
  torch::Device device_;
  GradcamTarget target_;
  EnsembleExplainer explainers_;
  const ImageExplainer& explainer_;  ///< of the first checkpoint
  GradcamInputs inputs_;
  GradcamNames names_;
  GradcamArtist artist_;
  fs::path output_;
  BestAndWorst montage_;
  std::vector<GradcamRow> rows_;
  std::vector<cv::Mat> randomised_;  ///< prepared images for the test of randomised weights
  std::vector<std::int64_t> randomised_classes_;
  std::int64_t failed_ = 0;
};

std::int64_t GradcamRun::label_of(std::size_t image) const {
  const auto found = std::find(classes_.begin(), classes_.end(), inputs_.images()[image].label);
  return found == classes_.end() ? -1 : found - classes_.begin();
}

Batch GradcamRun::load(std::size_t first) const {
  const std::size_t total = inputs_.images().size();
  Batch batch(std::min(static_cast<std::size_t>(config_.batch_size), total - first));
  parallel_for(static_cast<std::int64_t>(batch.size()), 0, [&](std::int64_t i) {
    GradcamItem& item = batch[static_cast<std::size_t>(i)];
    item.image = first + static_cast<std::size_t>(i);
    if (target_.kind == GradcamTarget::Kind::truth && label_of(item.image) < 0) {
      item.error = "its true class is not known, which --target true would explain";
      return;
    }
    try {
      item.film = inputs_.load(inputs_.images()[item.image], explainer_);
    } catch (const DataError& error) {
      item.error = error.what();
    } catch (const IoError& error) {
      item.error = error.what();
    }
  });
  return batch;
}

void GradcamRun::explain(Batch& batch) {
  std::vector<GradcamItem*> good;
  std::vector<cv::Mat> prepared;
  for (GradcamItem& item : batch) {
    if (!item.error.empty()) continue;
    good.push_back(&item);
    prepared.push_back(item.film.prepared);
  }
  if (good.empty()) return;
  const EnsembleLook look = explainers_.look(prepared);
  for (std::size_t i = 0; i < good.size(); ++i) {
    good[i]->probabilities =
        probabilities_of_image(look.probabilities, static_cast<std::int64_t>(i));
  }
  const bool all = target_.kind == GradcamTarget::Kind::all;
  const std::size_t rounds = all ? classes_.size() : 1;
  for (std::size_t round = 0; round < rounds; ++round) {
    std::vector<std::int64_t> classes;
    for (const GradcamItem* item : good) {
      switch (target_.kind) {
        case GradcamTarget::Kind::predicted:
          classes.push_back(item->predicted());
          break;
        case GradcamTarget::Kind::truth:
          classes.push_back(label_of(item->image));
          break;
        case GradcamTarget::Kind::named:
          classes.push_back(target_.cls);
          break;
        case GradcamTarget::Kind::all:
          classes.push_back(static_cast<std::int64_t>(round));
          break;
      }
    }
    auto maps = explainers_.maps(look, classes);
    for (std::size_t i = 0; i < good.size(); ++i) {
      good[i]->explained.push_back({classes[i], std::move(maps[i]), std::nullopt});
    }
  }
  if (!config_.quality) return;
  for (GradcamItem* item : good) measure(*item);
}

void GradcamRun::measure(GradcamItem& item) {
  for (Explained& one : item.explained) {
    throw_if_interrupted("stopped while measuring quality");
    one.quality = measure_quality(explainer_.explainer(), config_.measure, item.film.prepared,
                                  explainer_.input(), one.cls, one.map.heat);
  }
  // Evenly over the inputs, which may be sorted by class.
  const auto wanted = static_cast<std::size_t>(config_.measure.randomisation_images);
  const std::size_t step =
      wanted == 0 ? 0 : std::max<std::size_t>(1, inputs_.images().size() / wanted);
  if (wanted > randomised_.size() && item.image % step == 0) {
    randomised_.push_back(item.film.prepared);
    randomised_classes_.push_back(item.explained.front().cls);
  }
}

std::vector<GradcamRow> GradcamRun::draw(const Batch& batch) {
  std::vector<DrawnItem> drawn(batch.size());
  parallel_for(static_cast<std::int64_t>(batch.size()), 0, [&](std::int64_t i) {
    drawn[static_cast<std::size_t>(i)] = artist_.draw(batch[static_cast<std::size_t>(i)]);
  });
  std::vector<GradcamRow> rows;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (config_.montage_images > 0) offer_for_montage(batch[i], drawn[i]);
    for (GradcamRow& row : drawn[i].rows) rows.push_back(std::move(row));
  }
  return rows;
}

void GradcamRun::offer_for_montage(const GradcamItem& item, const DrawnItem& drawn) {
  const std::int64_t label = label_of(item.image);
  for (std::size_t k = 0; k < item.explained.size(); ++k) {
    const std::int64_t group = label >= 0 ? label : item.predicted();
    // One overlay an image: where all classes are explained, that of its own.
    if (item.explained.size() > 1 && item.explained[k].cls != group) continue;
    montage_.add({item.image, inputs_.images()[item.image].name, group,
                  item.probabilities[static_cast<std::size_t>(group)],
                  fmt::format("{} {:.3f}", drawn.rows[k].cls, drawn.rows[k].probability),
                  drawn.tiles[k]});
  }
}

/// While the network looks at one batch, the next is read and the one before is drawn.
void GradcamRun::process_all() {
  const std::size_t total = inputs_.images().size();
  Progress progress("gradcam", static_cast<std::int64_t>(total), "images");
  const auto start_loading = [&](std::size_t first) {
    return std::async(std::launch::async, [this, first] { return load(first); });
  };
  std::future<Batch> loading = start_loading(0);
  std::future<std::vector<GradcamRow>> drawing;
  const auto collect = [&] {
    if (!drawing.valid()) return;
    for (GradcamRow& row : drawing.get()) {
      failed_ += row.error.empty() ? 0 : 1;
      rows_.push_back(std::move(row));
    }
  };
  for (std::size_t first = 0; first < total && interrupt_signal() == 0;) {
    auto batch = std::make_shared<Batch>(loading.get());
    first += batch->size();
    if (first < total) loading = start_loading(first);
    explain(*batch);
    collect();
    drawing = std::async(std::launch::async, [this, batch] { return draw(*batch); });
    progress.advance(static_cast<std::int64_t>(batch->size()));
  }
  collect();
}

std::vector<ReportFigure> GradcamRun::write_montages() {
  if (config_.montage_images == 0) return {};
  std::vector<ReportFigure> figures = montage_.write(output_, classes_);
  const ContrastContent content{inputs_, explainers_, classes_, config_.overlay, output_};
  for (ReportFigure& figure : write_contrast(content, montage_.first_images())) {
    figures.push_back(std::move(figure));
  }
  return figures;
}

QualitySummary GradcamRun::summarise() const {
  std::vector<MapQuality> maps;
  for (const GradcamRow& row : rows_) {
    if (row.quality) maps.push_back(*row.quality);
  }
  RandomisationCascade cascade;
  if (!randomised_.empty()) {
    cascade = randomise_weights(explainer_.explainer(), to_input(randomised_, explainer_.input()),
                                randomised_classes_, device_);
  }
  return summarise_quality(maps, cascade);
}

void GradcamRun::finish(std::ostream& out) {
  const std::string rows_file = config_.rows == RowFormat::csv ? "gradcam.csv" : "gradcam.jsonl";
  write_file(output_ / rows_file, gradcam_rows(rows_, config_.rows, config_.quality));
  throw_if_interrupted(fmt::format("stopped after {}; their overlays and rows are in {}",
                                   counted(static_cast<long long>(rows_.size()), "row"),
                                   config_.output));
  ordered_json summary = {
      {"images", inputs_.images().size()},
      {"failed", failed_},
      {"maps", rows_.size() - static_cast<std::size_t>(failed_)},
      {"method", name_of(config_.method)},
      {"layer", uses_activations(config_.method) ? explainer_.explainer().layer().name : "input"},
      {"score", name_of(config_.score)},
      {"classes", classes_},
      {"rows", rows_file}};
  std::vector<ReportFigure> figures = write_montages();
  std::string text = fmt::format(
      "{} of {} in {}\n", counted(summary["maps"].get<long long>(), "heat map"),
      counted(static_cast<long long>(inputs_.images().size()), "image"), printable(config_.output));
  if (config_.quality) {
    const QualitySummary quality = summarise();
    write_file(output_ / "quality.csv", quality_rows(rows_));
    write_json_file(output_ / "quality.json", quality_json(quality));
    const PlotWriter writer(output_ / "figures");
    const Plot plot = explanation_plot(quality.figures);
    if (writer.write(plot) == PlotOutcome::drawn) {
      figures.push_back({"figures/" + plot.name + ".png", "Quality of the heat maps", plot.alt});
    }
    summary["quality"] = quality_json(quality)["findings"];
    text += quality_text(quality);
  }
  summary["figures"] = figures_json(figures);
  std::vector<std::string> checkpoints;
  for (const Classifier& one : ensemble_.members()) checkpoints.push_back(one.path().string());
  if (checkpoints.size() == 1) {
    summary["checkpoint"] = checkpoints.front();
  } else {
    summary["checkpoints"] = checkpoints;
    summary["weights"] = ensemble_.weights();
  }
  summary["config"] = write_json(config_);
  if (inputs_.are_nameless()) summary["config"]["input"] = "(withheld: DICOM)";
  summary["versions"] = version_info();
  write_json_file(output_ / "gradcam.json", summary);
  out << text;
}

void GradcamRun::run(std::ostream& out) {
  process_all();
  finish(out);
  if (failed_ > 0) {
    throw PartialFailure(
        fmt::format("{} of {} could not be explained; see their rows", failed_,
                    counted(static_cast<long long>(inputs_.images().size()), "image")));
  }
}

}  // namespace

void gradcam(const GradcamConfig& config, std::ostream& out) {
  // Images are worked on side by side; threads within one would only get in each other's way.
  cv::setNumThreads(1);
  const bool plain =
      config.checkpoint.paths.size() == 1 && config.tta == std::vector{TestView::identity};
  if (config.quality && !plain) {
    throw ConfigError(
        "--quality measures the map of one network: give one --checkpoint and no --tta");
  }
  const auto ensemble = Ensemble::load(config.checkpoint.paths, select_device(config.device),
                                       config.precision, config.engine, config);
  GradcamRun(config, ensemble).run(out);
}

}  // namespace xrayclf
