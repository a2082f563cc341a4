#include "xrayclf/training/fresh_examples.hpp"

#include <algorithm>
#include <utility>

#include "xrayclf/core/parallel.hpp"
#include "xrayclf/model/input.hpp"
#include "xrayclf/training/loss.hpp"

namespace xrayclf {
namespace {

/// Bytes of the prefix's outputs that are kept for the rest of an epoch.
constexpr std::int64_t kKeptMemory = std::int64_t{512} << 20;

void mix_images(torch::Tensor& images, const BatchMix& mix) {
  const torch::Tensor partners =
      images.index_select(0, torch::tensor(mix.partner, torch::kLong).to(images.device()));
  if (mix.kind == MixKind::mixup) {
    images = images * mix.lambda + partners * (1 - mix.lambda);
    return;
  }
  const auto box = [&](const torch::Tensor& of) {
    return of.narrow(2, mix.box.y, mix.box.height).narrow(3, mix.box.x, mix.box.width);
  };
  box(images).copy_(box(partners));
}

}  // namespace

FreshExamples::FreshExamples(Network& network, std::int64_t cut, InputSpec input,
                             std::vector<std::int64_t> targets,
                             std::function<cv::Mat(std::int64_t)> image, Augmenter augmenter,
                             std::uint64_t seed, PrefixOptions options)
    : network_(network),
      cut_(cut),
      input_(std::move(input)),
      targets_(std::move(targets)),
      image_(std::move(image)),
      augmenter_(std::move(augmenter)),
      seed_(seed),
      options_(std::move(options)),
      engine_(make_engine(network_, input_,
                          {cut_ > 0 ? options_.engine : EngineKind::reference, options_.device,
                           options_.precision})) {}

FreshExamples::~FreshExamples() {
  for (auto& entry : announced_) entry.second.wait();
}

std::vector<cv::Mat> FreshExamples::draw(std::int64_t epoch,
                                         const std::vector<std::int64_t>& indices) const {
  std::vector<cv::Mat> views(indices.size());
  parallel_for(static_cast<std::int64_t>(indices.size()), 0, [&](std::int64_t i) {
    const std::int64_t index = indices[static_cast<std::size_t>(i)];
    views[static_cast<std::size_t>(i)] = augmenter_.view(image_(index), seed_, epoch, index);
  });
  return views;
}

void FreshExamples::prefetch(std::int64_t epoch, const std::vector<std::int64_t>& indices) {
  Key key{epoch, indices};
  if (announced_.count(key) != 0 || keeps(epoch, indices)) return;
  announced_.emplace(std::move(key), std::async(std::launch::async, [this, epoch, indices] {
                       return draw(epoch, indices);
                     }));
}

std::vector<cv::Mat> FreshExamples::views(std::int64_t epoch,
                                          const std::vector<std::int64_t>& indices) {
  const auto found = announced_.find({epoch, indices});
  if (found == announced_.end()) return draw(epoch, indices);
  std::vector<cv::Mat> views = found->second.get();
  announced_.erase(found);
  return views;
}

torch::Tensor FreshExamples::prefix(const std::vector<cv::Mat>& views) {
  return prefix_of(*engine_, network_, cut_, input_, views).to(options_.device);
}

torch::Tensor FreshExamples::prefix(const torch::Tensor& images) {
  if (cut_ == 0) return images;
  const torch::NoGradGuard no_grad;
  const PrecisionScope precision(options_.precision, options_.device);
  torch::Tensor out = network_.forward_units(images, 0, cut_);
  if (cut_ == network_.unit_count()) out = network_.pool(out);
  return out.to(torch::kFloat32);
}

void FreshExamples::keep(std::int64_t epoch, const std::vector<std::int64_t>& indices,
                         const torch::Tensor& rows) {
  if (cut_ == 0 || rows[0].numel() * rows.element_size() * size() > kKeptMemory) return;
  if (epoch != kept_epoch_) kept_.clear();
  kept_epoch_ = epoch;
  for (std::size_t i = 0; i < indices.size(); ++i)
    kept_[indices[i]] = rows[static_cast<std::int64_t>(i)];
}

bool FreshExamples::keeps(std::int64_t epoch, const std::vector<std::int64_t>& indices) const {
  return epoch == kept_epoch_ && std::all_of(indices.begin(), indices.end(),
                                             [&](std::int64_t i) { return kept_.count(i) != 0; });
}

torch::Tensor FreshExamples::inputs(std::int64_t epoch, const std::vector<std::int64_t>& indices) {
  if (!keeps(epoch, indices)) return prefix(views(epoch, indices));
  std::vector<torch::Tensor> rows;
  for (const std::int64_t i : indices) rows.push_back(kept_.at(i));
  return torch::stack(rows);
}

Batch FreshExamples::batch(std::int64_t epoch, std::int64_t step,
                           const std::vector<std::int64_t>& indices, std::int64_t classes) {
  const std::vector<cv::Mat> pictures = views(epoch, indices);
  std::vector<std::int64_t> own;
  for (const std::int64_t i : indices) own.push_back(targets_[static_cast<std::size_t>(i)]);
  if (augmenter_.mixes_batches()) {
    const BatchMix mix = augmenter_.batch_mix(
        seed_, epoch, step, static_cast<std::int64_t>(own.size()), pictures.front().size());
    if (mix.kind != MixKind::none) {
      torch::Tensor images = to_input(pictures, input_).to(options_.device);
      mix_images(images, mix);
      return {prefix(images), torch::tensor(soft_targets(own, classes, mix)).view({-1, classes})};
    }
  }
  torch::Tensor rows = prefix(pictures);
  keep(epoch, indices, rows);
  return {std::move(rows), one_hot(own, classes).to(torch::kFloat32)};
}

}  // namespace xrayclf
