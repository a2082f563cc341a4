#include "xrayclf/core/random.hpp"
#include "xrayclf/inference/ensemble.hpp"

namespace xrayclf {
namespace {

/// Zero where dropped, else 1 / (1 - rate): [passes, channels].
torch::Tensor masks(std::int64_t passes, std::int64_t channels, double rate, std::uint64_t seed,
                    std::uint64_t index, std::uint64_t layer) {
  torch::Tensor out = torch::empty({passes, channels});
  float* value = out.data_ptr<float>();
  for (std::int64_t pass = 0; pass < passes; ++pass) {
    Random random(derive_seed(seed, {index, static_cast<std::uint64_t>(pass), layer}));
    for (std::int64_t c = 0; c < channels; ++c) {
      *value++ = random.chance(rate) ? 0 : static_cast<float>(1 / (1 - rate));
    }
  }
  return out;
}

}  // namespace

torch::Tensor dropout_passes(Network& network, const torch::Tensor& features, std::int64_t passes,
                             std::uint64_t seed, std::uint64_t index) {
  const c10::InferenceMode inference;
  auto* layers = network.head().as<torch::nn::Sequential>();
  if (layers == nullptr) return {};
  const torch::Device device = network.parameters().front().device();
  torch::Tensor x = features.view({1, -1}).repeat({passes, 1}).to(device);
  bool any = false;
  std::uint64_t layer = 0;
  for (torch::nn::AnyModule& part : *layers) {
    ++layer;
    const auto* dropout = part.ptr()->as<torch::nn::Dropout>();
    if (dropout == nullptr) {
      x = part.forward(x);
    } else if (const double rate = dropout->options.p(); rate > 0) {
      any = true;
      x = x * masks(passes, x.size(1), rate, seed, index, layer).to(device);
    }
  }
  return any ? x.to(torch::kCPU, torch::kDouble).softmax(1).contiguous() : torch::Tensor();
}

}  // namespace xrayclf
