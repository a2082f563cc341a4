#include "xrayclf/augment/augmenter.hpp"

#include <cmath>
#include <numbers>
#include <numeric>

#include <spdlog/spdlog.h>
#include <opencv2/core.hpp>

namespace xrayclf {
namespace {

using namespace transforms;

/// Mixing draws from a stream of its own: steps and images may have the same numbers.
constexpr std::uint64_t kMixingStream = 0x6d6978;

template <class T>
constexpr bool is_of_batch = std::is_same_v<T, Mixup> || std::is_same_v<T, Cutmix>;

bool of_batch(const PipelineStep& step) {
  return std::visit([](const auto& t) { return is_of_batch<std::decay_t<decltype(t)>>; },
                    step.transform);
}

std::uint64_t part(std::int64_t value) { return static_cast<std::uint64_t>(value); }

/// Pixels of expected displacement below which an elastic transform is as good as none. Edges
/// repeated beyond the image raise the true figure several times where sigma is near the image's
/// side.
constexpr double kNegligible = 0.02;

/// Root mean square of the displacement along one axis far from the edges, in pixels: white noise
/// of variance s^2 smoothed by a Gaussian has s / (2 sigma sqrt(pi)).
double expected_displacement(const Elastic& t) {
  // U(-1, 1), or a standard normal over the largest of some 10^5 of them.
  const double noise =
      t.semantics == Semantics::albumentations_1_3_1 ? 1 / std::sqrt(3.0) : 1 / 4.4;
  return t.alpha * noise / (2 * t.sigma * std::sqrt(std::numbers::pi));
}

void warn_of_surprises(const Elastic& t) {
  if (t.legacy_affine && t.affine_jitter > 0) {
    spdlog::warn(
        "augment: elastic with legacy_affine is a strong random affine warp (three points move by "
        "up to "
        "{:g} pixels each way), as albumentations 1.3.1 has it; legacy_affine off leaves the "
        "smooth "
        "field alone",
        t.affine_jitter);
  }
  if (expected_displacement(t) < kNegligible) {
    spdlog::warn(
        "augment: elastic with alpha {:g} and sigma {:g} moves pixels by less than a tenth of a "
        "pixel, which changes next to nothing; raise alpha",
        t.alpha, t.sigma);
  }
}

cv::Mat apply_step(const PipelineStep& step, const cv::Mat& grey, Random& random) {
  return std::visit(
      [&](const auto& t) {
        using T = std::decay_t<decltype(t)>;
        if constexpr (is_of_batch<T>) {
          throw std::logic_error("a batch's transform among the images'");
          return grey;
        } else {
          if (!random.chance(t.p)) return grey;
          return t.apply(grey, t.sample(random, grey.size()));
        }
      },
      step.transform);
}

BatchMix mixup_batch(const Mixup& t, Random& random) {
  return {.kind = MixKind::mixup,
          .partner = {},
          .lambda = draw_beta(random, t.alpha, t.alpha),
          .box = {}};
}

BatchMix cutmix_batch(const Cutmix& t, Random& random, cv::Size size) {
  const double lambda = draw_beta(random, t.alpha, t.alpha);
  const cv::Rect box = draw_cutmix_box(random, lambda, size);
  const double cut = static_cast<double>(box.area()) / size.area();
  return {.kind = MixKind::cutmix, .partner = {}, .lambda = 1 - cut, .box = box};
}

std::vector<std::int64_t> permutation(std::int64_t count, Random& random) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  random.shuffle(order);
  return order;
}

}  // namespace

Augmenter::Augmenter(const AugmentConfig& config) {
  for (const PipelineStep& step : pipeline_of(config)) {
    add(step);
    if (const auto* elastic = std::get_if<Elastic>(&step.transform)) warn_of_surprises(*elastic);
  }
}

Augmenter Augmenter::only(const PipelineStep& step) {
  Augmenter out;
  out.add(step);
  return out;
}

void Augmenter::add(const PipelineStep& step) {
  (of_batch(step) ? batch_steps_ : image_steps_).push_back(step);
}

cv::Mat Augmenter::view(const cv::Mat& grey, std::uint64_t seed, std::int64_t epoch,
                        std::int64_t index) const {
  if (grey.empty() || (grey.type() != CV_8UC1 && grey.type() != CV_16UC1)) {
    throw std::logic_error("Augmenter takes 8- or 16-bit grey images");
  }
  const std::uint64_t base = derive_seed(seed, {part(epoch), part(index)});
  try {
    cv::Mat image = grey;
    for (std::size_t i = 0; i < image_steps_.size(); ++i) {
      Random random(derive_seed(base, {i}));
      image = apply_step(image_steps_[i], image, random);
    }
    return image;
  } catch (const cv::Exception& e) {
    if (e.code == cv::Error::StsNoMem) {
      throw ResourceError("out of memory while augmenting an image of " +
                          std::to_string(grey.cols) + " x " + std::to_string(grey.rows) +
                          " pixels");
    }
    throw std::runtime_error("OpenCV: " + e.err);
  }
}

BatchMix Augmenter::batch_mix(std::uint64_t seed, std::int64_t epoch, std::int64_t step,
                              std::int64_t batch_size, cv::Size size) const {
  Random random(derive_seed(seed, {part(epoch), part(step), kMixingStream}));
  for (const PipelineStep& entry : batch_steps_) {
    if (!random.chance(entry.probability())) continue;
    const auto* mixup = std::get_if<Mixup>(&entry.transform);
    BatchMix mix = mixup != nullptr ? mixup_batch(*mixup, random)
                                    : cutmix_batch(std::get<Cutmix>(entry.transform), random, size);
    mix.partner = permutation(batch_size, random);
    return mix;
  }
  return {};
}

}  // namespace xrayclf
