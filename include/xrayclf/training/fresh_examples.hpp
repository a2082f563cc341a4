#pragma once

#include <functional>
#include <future>
#include <map>
#include <memory>
#include <vector>

#include <opencv2/core.hpp>

#include "xrayclf/augment/augmenter.hpp"
#include "xrayclf/inference/features.hpp"
#include "xrayclf/training/examples.hpp"

namespace xrayclf {

/// Examples that are augmented anew every epoch and then pass the frozen prefix. Views of announced
/// batches are drawn in the background while the network trains; what they are is a function of
/// (seed, epoch, index) alone.
class FreshExamples : public Examples {
 public:
  /// `image(i)` gives prepared images and is called from several threads. The network outlives this
  /// and is on `options.device`.
  FreshExamples(Network& network, std::int64_t cut, InputSpec input,
                std::vector<std::int64_t> targets, std::function<cv::Mat(std::int64_t)> image,
                Augmenter augmenter, std::uint64_t seed, PrefixOptions options);
  ~FreshExamples() override;

  std::int64_t size() const override { return static_cast<std::int64_t>(targets_.size()); }
  const std::vector<std::int64_t>& targets() const override { return targets_; }
  torch::Tensor inputs(std::int64_t epoch, const std::vector<std::int64_t>& indices) override;
  Batch batch(std::int64_t epoch, std::int64_t step, const std::vector<std::int64_t>& indices,
              std::int64_t classes) override;
  void prefetch(std::int64_t epoch, const std::vector<std::int64_t>& indices) override;

 private:
  using Key = std::pair<std::int64_t, std::vector<std::int64_t>>;

  std::vector<cv::Mat> draw(std::int64_t epoch, const std::vector<std::int64_t>& indices) const;
  std::vector<cv::Mat> views(std::int64_t epoch, const std::vector<std::int64_t>& indices);
  torch::Tensor prefix(const std::vector<cv::Mat>& views);
  /// Remembers the prefix's outputs, one row an index, unless they take too much memory.
  void keep(std::int64_t epoch, const std::vector<std::int64_t>& indices,
            const torch::Tensor& rows);
  bool keeps(std::int64_t epoch, const std::vector<std::int64_t>& indices) const;
  /// Of images that are mixtures, not grey values any more.
  torch::Tensor prefix(const torch::Tensor& images);

  Network& network_;
  std::int64_t cut_;
  InputSpec input_;
  std::vector<std::int64_t> targets_;
  std::function<cv::Mat(std::int64_t)> image_;
  Augmenter augmenter_;
  std::uint64_t seed_;
  PrefixOptions options_;
  std::unique_ptr<Engine> engine_;
  std::map<Key, std::future<std::vector<cv::Mat>>> announced_;
  /// What the frozen prefix made of the epoch's views: exact norm statistics look at each a second
  /// time.
  std::int64_t kept_epoch_ = -1;
  std::map<std::int64_t, torch::Tensor> kept_;
};

}  // namespace xrayclf
