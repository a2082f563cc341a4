#pragma once

#include <cstdint>
#include <vector>

#include <torch/torch.h>

namespace xrayclf {

/// Labelled inputs of the trained part of a network: whatever stands behind its frozen prefix.
class Examples {
 public:
  virtual ~Examples() = default;
  virtual std::int64_t size() const = 0;
  /// Class indices, one an example.
  virtual const std::vector<std::int64_t>& targets() const = 0;
  /// The inputs [indices.size(), ...] of these examples as epoch `epoch` sees them.
  virtual torch::Tensor inputs(std::int64_t epoch, const std::vector<std::int64_t>& indices) = 0;
};

/// Examples whose inputs are the same in every epoch and are held in one tensor.
class CachedExamples : public Examples {
 public:
  /// `rows` is [N, ...], with one target a row.
  CachedExamples(torch::Tensor rows, std::vector<std::int64_t> targets);
  std::int64_t size() const override { return rows_.size(0); }
  const std::vector<std::int64_t>& targets() const override { return targets_; }
  torch::Tensor inputs(std::int64_t epoch, const std::vector<std::int64_t>& indices) override;

 private:
  torch::Tensor rows_;
  std::vector<std::int64_t> targets_;
};

/// The indices 0 ... count-1 cut into batches, shuffled by (seed, epoch). The last batch may be
/// smaller; a lone last example joins the batch before it, since batch statistics of one example
/// say nothing.
std::vector<std::vector<std::int64_t>> shuffled_batches(std::int64_t count, std::int64_t batch_size,
                                                        std::uint64_t seed, std::int64_t epoch);

}  // namespace xrayclf
