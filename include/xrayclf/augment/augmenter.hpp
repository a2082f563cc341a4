#pragma once

#include <cstdint>
#include <vector>

#include <opencv2/core/mat.hpp>

#include "xrayclf/augment/config.hpp"
#include "xrayclf/augment/mixing.hpp"

namespace xrayclf {

/// Random views of images. Const and safe to share between threads; a view is a function of its
/// arguments alone, so it is the same at any number of workers, in any order and after a resume.
class Augmenter {
 public:
  /// Logs a warning for a transform that does far more or far less than its parameters suggest.
  /// Throws ConfigError for a pipeline that makes no sense.
  explicit Augmenter(const AugmentConfig& config);
  /// One transform on its own, without warnings.
  static Augmenter only(const PipelineStep& step);

  /// Image `index` as epoch `epoch` sees it: each transform of the pipeline in order, with its
  /// probability. `grey` is CV_8UC1 or CV_16UC1 and is not written to; the view has its size and
  /// type, and may share its pixels. Transforms draw from streams of their own, seeded by
  /// derive_seed(derive_seed(seed, {epoch, index}), {position}).
  cv::Mat view(const cv::Mat& grey, std::uint64_t seed, std::int64_t epoch,
               std::int64_t index) const;

  /// How step `step` of epoch `epoch` mixes its batch of images of that size: as the first of the
  /// pipeline's mixup and cutmix entries whose probability holds says, if any. Independent of the
  /// views' draws.
  BatchMix batch_mix(std::uint64_t seed, std::int64_t epoch, std::int64_t step,
                     std::int64_t batch_size, cv::Size size) const;

  /// Whether views can differ from their images, and whether batches are ever mixed.
  bool changes_images() const { return !image_steps_.empty(); }
  bool mixes_batches() const { return !batch_steps_.empty(); }

 private:
  Augmenter() = default;
  void add(const PipelineStep& step);

  std::vector<PipelineStep> image_steps_;
  std::vector<PipelineStep> batch_steps_;
};

}  // namespace xrayclf
