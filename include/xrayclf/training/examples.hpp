#pragma once

#include <cstdint>
#include <vector>

#include <torch/torch.h>

#include "xrayclf/training/config.hpp"

namespace xrayclf {

/// A batch as it is trained on.
struct Batch {
  torch::Tensor inputs;
  torch::Tensor targets;  ///< probabilities [N, classes], float32 on the CPU
};

/// Labelled inputs of the trained part of a network: whatever stands behind its frozen prefix.
class Examples {
 public:
  virtual ~Examples() = default;
  virtual std::int64_t size() const = 0;
  /// Class indices, one an example.
  virtual const std::vector<std::int64_t>& targets() const = 0;
  /// The inputs [indices.size(), ...] of these examples as epoch `epoch` sees them.
  virtual torch::Tensor inputs(std::int64_t epoch, const std::vector<std::int64_t>& indices) = 0;
  /// The inputs and targets of step `step` of an epoch; unlike inputs() they may be mixed images.
  virtual Batch batch(std::int64_t epoch, std::int64_t step,
                      const std::vector<std::int64_t>& indices, std::int64_t classes);
  /// These will be asked for soon: work on them may begin.
  virtual void prefetch(std::int64_t epoch, const std::vector<std::int64_t>& indices);
};

/// Examples whose inputs are computed beforehand and held in one tensor: one view of each, or K
/// that take turns from epoch to epoch.
class CachedExamples : public Examples {
 public:
  /// `rows` is [K * N, ...], the first views of all before the second ones, with N targets.
  CachedExamples(torch::Tensor rows, std::vector<std::int64_t> targets);
  std::int64_t size() const override { return static_cast<std::int64_t>(targets_.size()); }
  const std::vector<std::int64_t>& targets() const override { return targets_; }
  /// On the rows' device, float32.
  torch::Tensor inputs(std::int64_t epoch, const std::vector<std::int64_t>& indices) override;

 private:
  torch::Tensor rows_;
  std::vector<std::int64_t> targets_;
  std::int64_t views_;
};

/// The indices 0 ... targets.size()-1 cut into batches, drawn by (seed, epoch). The last batch may
/// be smaller; a lone last example joins the batch before it, since batch statistics of one example
/// say nothing.
std::vector<std::vector<std::int64_t>> epoch_batches(const std::vector<std::int64_t>& targets,
                                                     std::int64_t batch_size, Sampler sampler,
                                                     std::uint64_t seed, std::int64_t epoch);

}  // namespace xrayclf
