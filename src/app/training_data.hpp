#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <opencv2/core.hpp>

#include "xrayclf/app/train.hpp"
#include "xrayclf/data/prepared_set.hpp"
#include "xrayclf/inference/features.hpp"
#include "xrayclf/training/examples.hpp"

namespace xrayclf {

/// Images of one split with their class indices. Decoded images are kept where they are not many.
class TrainingSplit {
 public:
  /// Throws DataError if an image cannot be read.
  TrainingSplit(const PreparedSet& set, std::vector<std::size_t> rows);

  std::int64_t size() const { return static_cast<std::int64_t>(rows_.size()); }
  const Record& record(std::int64_t i) const {
    return set_.records[rows_[static_cast<std::size_t>(i)]];
  }
  const std::vector<std::int64_t>& targets() const { return targets_; }
  /// The prepared image, not to be written to. Safe to call from several threads.
  cv::Mat image(std::int64_t i) const;
  /// Throws DataError if a class has no image.
  void require_every_class() const;
  /// Number of images by class name.
  nlohmann::json count_by_class() const;

 private:
  const PreparedSet& set_;
  std::vector<std::size_t> rows_;
  std::vector<std::int64_t> targets_;
  std::vector<cv::Mat> images_;
};

/// A montage of some training images as epoch `epoch` shows them to the network, CV_8UC3.
cv::Mat training_views(const TrainingSplit& split, const PhaseConfig& phase,
                       const TrainConfig& config, std::int64_t epoch);

/// Where the examples of a phase come from.
struct ExampleSource {
  Network& network;
  const TrainingSplit& split;
  InputSpec input;
  torch::Device device;
  std::filesystem::path run;  ///< for a cache that memory does not hold
};

/// The training images as a phase sees them: cached behind the frozen part where they are the same
/// every epoch, drawn anew otherwise. `inputs_from` is the unit they are inputs of. Throws
/// ConfigError for mixed batches of cached views.
std::unique_ptr<Examples> training_examples(const ExampleSource& source, const PhaseConfig& phase,
                                            std::int64_t inputs_from, const TrainConfig& config);

/// The same images without augmentation.
std::unique_ptr<Examples> validation_examples(const ExampleSource& source, const PhaseConfig& phase,
                                              std::int64_t inputs_from, const TrainConfig& config);

}  // namespace xrayclf
