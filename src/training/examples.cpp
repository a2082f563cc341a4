#include "xrayclf/training/examples.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "xrayclf/core/random.hpp"

namespace xrayclf {

CachedExamples::CachedExamples(torch::Tensor rows, std::vector<std::int64_t> targets)
    : rows_(std::move(rows)), targets_(std::move(targets)) {
  TORCH_CHECK(rows_.size(0) == static_cast<std::int64_t>(targets_.size()), "one target a row");
}

torch::Tensor CachedExamples::inputs(std::int64_t, const std::vector<std::int64_t>& indices) {
  return rows_.index_select(0, torch::tensor(indices, torch::kLong).to(rows_.device()));
}

std::vector<std::vector<std::int64_t>> shuffled_batches(std::int64_t count, std::int64_t batch_size,
                                                        std::uint64_t seed, std::int64_t epoch) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  Random(derive_seed(seed, {static_cast<std::uint64_t>(epoch)})).shuffle(order);
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
