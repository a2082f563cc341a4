#include "xrayclf/data/shortcut_baselines.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include <opencv2/imgproc.hpp>

#include "xrayclf/core/interrupt.hpp"
#include "xrayclf/core/parallel.hpp"
#include "xrayclf/core/random.hpp"
#include "xrayclf/data/random_forest.hpp"
#include "xrayclf/data/split.hpp"

namespace xrayclf {
namespace {

constexpr std::int64_t kFolds = 5;
constexpr std::size_t kMostImages = 5000;

using Features = std::function<std::vector<float>(std::size_t record)>;

/// Records to use: all, or whole groups in random order until there are enough.
std::vector<std::size_t> sample_of(const std::vector<std::string>& groups, std::uint64_t seed) {
  std::vector<std::size_t> all(groups.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  if (all.size() <= kMostImages) return all;
  std::map<std::string, std::vector<std::size_t>> members;
  for (const std::size_t i : all) members[groups[i]].push_back(i);
  std::vector<const std::vector<std::size_t>*> order;
  for (const auto& group : members) order.push_back(&group.second);
  Random(seed).shuffle(order);
  std::vector<std::size_t> sample;
  for (const auto* group : order) {
    if (sample.size() + group->size() <= kMostImages) {
      sample.insert(sample.end(), group->begin(), group->end());
    }
  }
  std::sort(sample.begin(), sample.end());
  return sample;
}

std::vector<float> metadata_features(const Record& record, const FileTraits& file) {
  const auto width = static_cast<float>(record.width);
  const auto height = static_cast<float>(record.height);
  return {width,
          height,
          width / height,
          static_cast<float>(file.bytes),
          static_cast<float>(file.bytes) / (width * height),
          static_cast<float>(record.bit_depth),
          static_cast<float>(file.info.channels),
          file.info.format == ImageFormat::jpeg ? 1.0F
          : file.info.dicom                     ? 2.0F
                                                : 0.0F};
}

std::vector<float> thumbnail_features(const cv::Mat& thumbnail) {
  cv::Mat small;
  cv::resize(thumbnail, small, cv::Size(32, 32), 0, 0, cv::INTER_AREA);
  std::vector<float> out;
  for (int y = 0; y < small.rows; ++y) {
    for (int x = 0; x < small.cols; ++x) out.push_back(small.at<std::uint8_t>(y, x));
  }
  return out;
}

/// Images and their folds, on which every kind of features is tried.
struct CrossValidation {
  std::vector<std::size_t> sample;   // indices of records
  std::vector<std::int64_t> labels;  // of the sample
  std::vector<std::int64_t> fold;    // of the sample, from 0
  std::int64_t classes = 0;
  std::int64_t folds = 0;
  std::uint64_t seed = 0;

  std::int64_t correct(const Features& features, std::int64_t workers) const;
};

std::int64_t CrossValidation::correct(const Features& features, std::int64_t workers) const {
  FeatureTable table;
  for (const std::size_t record : sample) {
    const std::vector<float> row = features(record);
    table.columns = row.size();
    table.values.insert(table.values.end(), row.begin(), row.end());
  }
  std::vector<std::int64_t> right(static_cast<std::size_t>(folds), 0);
  parallel_for(folds, workers, [&](std::int64_t k) {
    throw_if_interrupted("interrupted in the audit; the same command goes on from there");
    std::vector<std::size_t> training;
    for (std::size_t i = 0; i < sample.size(); ++i) {
      if (fold[i] != k) training.push_back(i);
    }
    const RandomForest forest(table, labels, classes, training,
                              derive_seed(seed, {static_cast<std::uint64_t>(k)}));
    for (std::size_t i = 0; i < sample.size(); ++i) {
      if (fold[i] == k && forest.predict(table.row(i)) == labels[i]) {
        ++right[static_cast<std::size_t>(k)];
      }
    }
  });
  std::int64_t sum = 0;
  for (const std::int64_t count : right) sum += count;
  return sum;
}

}  // namespace

ShortcutBaselines shortcut_baselines(const std::vector<Record>& records,
                                     const std::vector<std::string>& classes,
                                     const std::vector<std::string>& groups,
                                     const std::vector<ImageTraits>& images,
                                     const std::vector<FileTraits>& files, std::uint64_t seed,
                                     std::int64_t workers) {
  CrossValidation validation;
  validation.seed = seed;
  validation.classes = static_cast<std::int64_t>(classes.size());
  validation.sample = sample_of(groups, seed);
  std::vector<SplitItem> items;
  std::set<std::string> patients;
  std::vector<std::int64_t> counts(classes.size(), 0);
  for (const std::size_t i : validation.sample) {
    const auto label = std::find(classes.begin(), classes.end(), records[i].label);
    validation.labels.push_back(label - classes.begin());
    ++counts[static_cast<std::size_t>(validation.labels.back())];
    items.push_back({validation.labels.back(), groups[i]});
    patients.insert(groups[i]);
  }
  ShortcutBaselines result;
  result.images = static_cast<std::int64_t>(validation.sample.size());
  if (result.images == 0) return result;
  result.majority = static_cast<double>(*std::max_element(counts.begin(), counts.end())) /
                    static_cast<double>(result.images);
  result.folds = std::min(kFolds, static_cast<std::int64_t>(patients.size()));
  if (result.folds < 2) {
    result.folds = 0;
    return result;
  }
  validation.folds = result.folds;
  validation.fold =
      split_by_group(items, std::vector<double>(static_cast<std::size_t>(result.folds), 1.0), seed);

  const auto add = [&](std::string name, std::string words, const Features& features) {
    const std::int64_t correct = validation.correct(features, workers);
    result.baselines.push_back({std::move(name), std::move(words), correct,
                                static_cast<double>(correct) / static_cast<double>(result.images)});
  };
  add("metadata", "width, height, file size, bit depth, channels, file type",
      [&](std::size_t i) { return metadata_features(records[i], files[i]); });
  add("histogram", "grey levels of the prepared image in 32 bins",
      [&](std::size_t i) { return images[i].histogram; });
  add("border", "the outermost 4 pixels of the prepared image",
      [&](std::size_t i) { return images[i].border; });
  add("thumbnail", "the prepared image at 32 x 32",
      [&](std::size_t i) { return thumbnail_features(images[i].thumbnail); });
  return result;
}

}  // namespace xrayclf
