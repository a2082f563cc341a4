#include "xrayclf/training/examples.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "xrayclf/core/random.hpp"
#include "xrayclf/training/loss.hpp"

namespace xrayclf {

Batch Examples::batch(std::int64_t epoch, std::int64_t, const std::vector<std::int64_t>& indices,
                      std::int64_t classes) {
  std::vector<std::int64_t> own;
  for (const std::int64_t i : indices) own.push_back(targets()[static_cast<std::size_t>(i)]);
  return {inputs(epoch, indices), one_hot(own, classes).to(torch::kFloat32)};
}

void Examples::prefetch(std::int64_t, const std::vector<std::int64_t>&) {}

CachedExamples::CachedExamples(torch::Tensor rows, std::vector<std::int64_t> targets)
    : rows_(std::move(rows)), targets_(std::move(targets)) {
  TORCH_CHECK(!targets_.empty() && rows_.size(0) % size() == 0, "as many rows for every target");
  views_ = rows_.size(0) / size();
}

torch::Tensor CachedExamples::inputs(std::int64_t epoch, const std::vector<std::int64_t>& indices) {
  const std::int64_t first = epoch % views_ * size();
  const torch::Tensor rows = torch::tensor(indices, torch::kLong) + first;
  return rows_.index_select(0, rows.to(rows_.device())).to(torch::kFloat32);
}

std::vector<std::vector<std::int64_t>> epoch_batches(const std::vector<std::int64_t>& targets,
                                                     std::int64_t batch_size, Sampler sampler,
                                                     std::uint64_t seed, std::int64_t epoch) {
  const auto count = static_cast<std::int64_t>(targets.size());
  std::vector<std::int64_t> order(targets.size());
  std::iota(order.begin(), order.end(), std::int64_t{0});
  Random random(derive_seed(seed, {static_cast<std::uint64_t>(epoch)}));
  if (sampler == Sampler::balanced) {
    std::map<std::int64_t, std::vector<std::int64_t>> by_class;
    for (const std::int64_t i : order) by_class[targets[static_cast<std::size_t>(i)]].push_back(i);
    std::vector<std::vector<std::int64_t>> classes;
    for (auto& entry : by_class) classes.push_back(std::move(entry.second));
    for (std::int64_t& drawn : order) {
      const auto& members = classes[random.below(classes.size())];
      drawn = members[random.below(members.size())];
    }
  } else {
    random.shuffle(order);
  }
  std::vector<std::vector<std::int64_t>> batches;
  for (std::int64_t start = 0; start < count; start += batch_size) {
    const std::int64_t end = std::min(start + batch_size, count);
    if (end - start == 1 && !batches.empty()) {
      batches.back().push_back(order.back());
    } else {
      batches.emplace_back(order.begin() + start, order.begin() + end);
    }
  }
  return batches;
}

}  // namespace xrayclf
