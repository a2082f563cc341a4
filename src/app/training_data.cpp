#include "app/training_data.hpp"

#include <algorithm>
#include <utility>

#include "xrayclf/augment/augmenter.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/parallel.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/figures/montage.hpp"
#include "xrayclf/training/fresh_examples.hpp"

namespace xrayclf {
namespace {

/// Bytes of decoded images that are kept.
constexpr std::int64_t kImageMemory = std::int64_t{2} << 30;

PrefixOptions options_of(const ExampleSource& source, const PhaseConfig& phase,
                         const TrainConfig& config, const std::string& title) {
  PrefixOptions options;
  options.device = source.device;
  options.precision = config.precision;
  options.engine = config.engine;
  options.batch_size = phase.batch_size;
  options.title = title;
  options.storage = config.cache.precision;
  options.memory_limit =
      static_cast<std::uint64_t>(config.cache.memory_gib * static_cast<double>(1 << 30));
  options.directory = source.run;
  return options;
}

std::unique_ptr<Examples> cached(const ExampleSource& source, std::int64_t cut,
                                 const Augmenter& augmenter, std::int64_t views, std::uint64_t seed,
                                 const PrefixOptions& options) {
  const std::int64_t count = source.split.size();
  torch::Tensor rows = prefix_outputs(
      source.network, cut, source.input, views * count,
      [&](std::int64_t row) {
        return augmenter.view(source.split.image(row % count), seed, row / count, row % count);
      },
      options);
  return std::make_unique<CachedExamples>(rows.to(source.device), source.split.targets());
}

std::unique_ptr<Examples> fresh(const ExampleSource& source, std::int64_t cut, Augmenter augmenter,
                                std::uint64_t seed, PrefixOptions options) {
  return std::make_unique<FreshExamples>(
      source.network, cut, source.input, source.split.targets(),
      [&split = source.split](std::int64_t i) { return split.image(i); }, std::move(augmenter),
      seed, std::move(options));
}

}  // namespace

TrainingSplit::TrainingSplit(const PreparedSet& set, std::vector<std::size_t> rows)
    : set_(set), rows_(std::move(rows)) {
  for (const std::size_t row : rows_) targets_.push_back(set.class_index(set.records[row]));
  const std::int64_t side = set.preprocessing.image_size;
  if (size() * side * side > kImageMemory) return;
  std::vector<cv::Mat> images(rows_.size());
  parallel_for(size(), 0,
               [&](std::int64_t i) { images[static_cast<std::size_t>(i)] = set_.read(record(i)); });
  images_ = std::move(images);
}

cv::Mat TrainingSplit::image(std::int64_t i) const {
  return images_.empty() ? set_.read(record(i)) : images_[static_cast<std::size_t>(i)];
}

void TrainingSplit::require_every_class() const {
  for (std::size_t c = 0; c < set_.classes.size(); ++c) {
    if (std::count(targets_.begin(), targets_.end(), static_cast<std::int64_t>(c)) == 0) {
      throw DataError(printable(set_.root.string()) + ": no training image of class '" +
                      printable(set_.classes[c]) + "'");
    }
  }
}

nlohmann::json TrainingSplit::count_by_class() const {
  nlohmann::json counts = nlohmann::json::object();
  for (const std::string& name : set_.classes) counts[name] = 0;
  for (const std::int64_t target : targets_) {
    nlohmann::json& count = counts[set_.classes[static_cast<std::size_t>(target)]];
    count = count.get<std::int64_t>() + 1;
  }
  return counts;
}

cv::Mat training_views(const TrainingSplit& split, const PhaseConfig& phase,
                       const TrainConfig& config, std::int64_t epoch) {
  constexpr std::int64_t kShown = 12;
  const Augmenter augmenter(phase.augment);
  const std::int64_t views = phase.views_per_image.count;
  std::vector<Tile> tiles;
  for (std::int64_t n = 0; n < std::min(kShown, split.size()); ++n) {
    const std::int64_t i = n * split.size() / std::min(kShown, split.size());
    const std::int64_t view = views > 0 ? epoch % views : epoch;
    tiles.push_back(
        {augmenter.view(split.image(i), static_cast<std::uint64_t>(config.seed), view, i),
         {split.record(i).label}});
  }
  return montage(tiles, {.columns = 4});
}

std::unique_ptr<Examples> training_examples(const ExampleSource& source, const PhaseConfig& phase,
                                            std::int64_t inputs_from, const TrainConfig& config) {
  Augmenter augmenter(phase.augment);
  const auto seed = static_cast<std::uint64_t>(config.seed);
  const PrefixOptions options = options_of(source, phase, config, "training features");
  const bool same_views = !augmenter.changes_images() || !phase.views_per_image.fresh();
  if (augmenter.mixes_batches() && !phase.views_per_image.fresh()) {
    throw ConfigError(
        "augment: mixup and cutmix mix images, which cached views no longer are; set "
        "views_per_image to fresh");
  }
  if (inputs_from > 0 && same_views && !augmenter.mixes_batches()) {
    const std::int64_t views =
        augmenter.changes_images() ? phase.views_per_image.count : std::int64_t{1};
    return cached(source, inputs_from, augmenter, views, seed, options);
  }
  return fresh(source, inputs_from, std::move(augmenter), seed, options);
}

std::unique_ptr<Examples> validation_examples(const ExampleSource& source, const PhaseConfig& phase,
                                              std::int64_t inputs_from, const TrainConfig& config) {
  const PrefixOptions options = options_of(source, phase, config, "validation features");
  const Augmenter none{AugmentConfig{}};
  if (inputs_from > 0) return cached(source, inputs_from, none, 1, 0, options);
  return fresh(source, 0, none, 0, options);
}

}  // namespace xrayclf
