#include <algorithm>

#include "xrayclf/core/random.hpp"
#include "xrayclf/data/dataset_info.hpp"
#include "xrayclf/figures/montage.hpp"
#include "xrayclf/image/codec.hpp"
#include "xrayclf/report/figures.hpp"

namespace xrayclf {
namespace {

constexpr std::size_t kSamples = 6;        // of a class
constexpr std::int64_t kSampleSide = 160;  // pixels

Plot class_distribution(const std::vector<std::string>& classes,
                        const std::vector<Record>& records) {
  const ClassCounts counts = count_classes(records);
  std::vector<SplitCounts> splits;
  for (const char* split : {"train", "validation", "test", ""}) {
    const auto found = counts.find(split);
    if (found == counts.end()) continue;
    SplitCounts bars{*split == '\0' ? "no split" : split, {}};
    for (const std::string& name : classes) {
      const auto count = found->second.find(name);
      bars.counts.push_back(count == found->second.end() ? 0 : count->second);
    }
    splits.push_back(std::move(bars));
  }
  return class_distribution_plot(classes, splits);
}

void write_sample_grid(const std::filesystem::path& root, const std::vector<std::string>& classes,
                       const std::vector<Record>& records, std::uint64_t seed) {
  std::vector<Tile> tiles;
  std::vector<std::vector<std::string>> values;
  for (std::size_t c = 0; c < classes.size(); ++c) {
    std::vector<const Record*> own;
    for (const Record& record : records) {
      if (record.label == classes[c]) own.push_back(&record);
    }
    Random(derive_seed(seed, {c})).shuffle(own);
    for (std::size_t i = 0; i < kSamples; ++i) {
      if (i >= own.size()) {
        tiles.push_back({cv::Mat(), {classes[c], "no further image"}});
        values.push_back({classes[c], "", "", ""});
        continue;
      }
      const Record& record = *own[i];
      const std::string file = std::filesystem::path(record.source).filename().string();
      tiles.push_back(
          {thumbnail(read_image(root / record.path).grey, kSampleSide), {record.label, file}});
      values.push_back({record.label, record.source, record.split, record.patient_id});
    }
  }
  write_montage(root / kFiguresFolder, "sample_grid", tiles,
                {"class", "source", "split", "patient_id"}, {kSamples, kSampleSide}, values);
}

}  // namespace

void write_data_figures(const std::filesystem::path& root, const std::vector<std::string>& classes,
                        const std::vector<Record>& records, std::uint64_t seed) {
  PlotWriter(root / kFiguresFolder).write(class_distribution(classes, records));
  write_sample_grid(root, classes, records, seed);
}

}  // namespace xrayclf
