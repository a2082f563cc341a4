#include "xrayclf/explain/perturbation.hpp"

#include <algorithm>
#include <memory>

namespace xrayclf {
namespace {

torch::Tensor scores_of(const torch::Tensor& logits, const ScoredClass& what) {
  const std::vector<std::int64_t> classes(static_cast<std::size_t>(logits.size(0)), what.index);
  return class_scores(logits, classes, what.score).to(torch::kCPU, torch::kFloat64);
}

/// `scores(first, last)` for 0 ... count-1 in portions, joined.
template <class Scores>
torch::Tensor in_portions(std::int64_t count, std::int64_t portion, const Scores& scores) {
  std::vector<torch::Tensor> parts;
  for (std::int64_t first = 0; first < count; first += portion) {
    parts.push_back(scores(first, std::min(count, first + portion)));
  }
  return torch::cat(parts);
}

/// The head in float64.
std::shared_ptr<torch::nn::Module> precise_head(Network& network) {
  auto head = network.head().clone();
  head->to(torch::kFloat64);
  head->eval();
  return head;
}

torch::Tensor run_head(torch::nn::Module& head, const torch::Tensor& features) {
  const torch::Tensor x = features.to(torch::kFloat64);
  if (auto* layers = head.as<torch::nn::Sequential>()) return layers->forward(x);
  return head.as<torch::nn::Linear>()->forward(x);
}

}  // namespace

torch::Tensor class_scores(const torch::Tensor& logits, const std::vector<std::int64_t>& classes,
                           CamScore score) {
  const torch::Tensor numbers = score == CamScore::probability ? logits.softmax(1) : logits;
  const torch::Tensor index = torch::tensor(classes, torch::kLong).to(logits.device());
  return numbers.gather(1, index.unsqueeze(1)).squeeze(1);
}

torch::Tensor masked_scores(Network& network, const torch::Tensor& input,
                            const torch::Tensor& activations, const ScoredClass& what) {
  const torch::NoGradGuard no_grad;
  const std::vector<std::int64_t> size = {input.size(2), input.size(3)};
  return in_portions(activations.size(1), what.passes, [&](std::int64_t first, std::int64_t last) {
    torch::Tensor masks =
        torch::upsample_bilinear2d(activations.slice(1, first, last), size, /*align_corners=*/true);
    const torch::Tensor low = masks.amin({2, 3}, true);
    const torch::Tensor high = masks.amax({2, 3}, true);
    masks = (masks - low) / (high - low + 1e-8);
    return scores_of(network.forward(input * masks.transpose(0, 1)), what);
  });
}

torch::Tensor ablation_weights(Network& network, std::int64_t cut, const torch::Tensor& activations,
                               const ScoredClass& what) {
  const torch::NoGradGuard no_grad;
  const std::int64_t channels = activations.size(1);
  const auto rest = [&](const torch::Tensor& map) {
    return network.pool(network.forward_units(map, cut, network.unit_count()));
  };
  const torch::Tensor features = rest(activations);
  // Where each feature is pooled from one channel, the pooled features of all ablations are known
  // at once: feature k becomes that of an empty map.
  const bool one_feature_a_channel =
      cut == network.unit_count() && features.size(1) == channels && features.dim() == 2;
  const torch::Tensor empty =
      one_feature_a_channel ? rest(torch::zeros_like(activations)) : torch::Tensor();
  // One channel of a thousand moves the score by little: in float32 that would drown.
  const auto head = one_feature_a_channel ? precise_head(network) : nullptr;
  const auto score = [&](const torch::Tensor& pooled) {
    return scores_of(head ? run_head(*head, pooled) : network.classify(pooled), what);
  };
  const double whole = score(features).item<double>();
  if (whole == 0.0) return torch::zeros({channels}, torch::kFloat64);
  const torch::Tensor left =
      in_portions(channels, what.passes, [&](std::int64_t first, std::int64_t last) {
        const std::int64_t count = last - first;
        torch::Tensor ablated;
        if (one_feature_a_channel) {
          ablated = features.repeat({count, 1});
          ablated.slice(1, first, last).diagonal().copy_(empty[0].slice(0, first, last));
        } else {
          torch::Tensor maps = activations.repeat({count, 1, 1, 1});
          for (std::int64_t i = 0; i < count; ++i) maps[i][first + i].zero_();
          ablated = rest(maps);
        }
        return score(ablated);
      });
  return (whole - left) / whole;
}

torch::Tensor occlusion_map(Network& network, const torch::Tensor& input, const ScoredClass& what,
                            const OcclusionConfig& config) {
  const torch::NoGradGuard no_grad;
  const std::int64_t height = input.size(2);
  const std::int64_t width = input.size(3);
  struct Square {
    std::int64_t top, bottom, left, right;
  };
  std::vector<Square> squares;
  for (std::int64_t y = 0; y < height; y += config.stride) {
    for (std::int64_t x = 0; x < width; x += config.stride) {
      squares.push_back(
          {y, std::min(height, y + config.size), x, std::min(width, x + config.size)});
    }
  }
  const double whole = scores_of(network.forward(input), what).item<double>();
  const torch::Tensor left = in_portions(
      static_cast<std::int64_t>(squares.size()), what.passes,
      [&](std::int64_t first, std::int64_t last) {
        torch::Tensor covered = input.repeat({last - first, 1, 1, 1});
        for (std::int64_t i = first; i < last; ++i) {
          const Square& s = squares[static_cast<std::size_t>(i)];
          covered[i - first].slice(1, s.top, s.bottom).slice(2, s.left, s.right).zero_();
        }
        return scores_of(network.forward(covered), what);
      });
  torch::Tensor fall = torch::zeros({height, width}, torch::kFloat64);
  torch::Tensor covers = torch::zeros_like(fall);
  for (std::size_t i = 0; i < squares.size(); ++i) {
    const Square& s = squares[i];
    const double by = whole - left[static_cast<std::int64_t>(i)].item<double>();
    fall.slice(0, s.top, s.bottom).slice(1, s.left, s.right).add_(by);
    covers.slice(0, s.top, s.bottom).slice(1, s.left, s.right).add_(1);
  }
  return fall / covers.clamp_min(1);  // squares smaller than their step leave gaps, with 0
}

}  // namespace xrayclf
