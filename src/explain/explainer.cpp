#include "xrayclf/explain/explainer.hpp"

#include <stdexcept>
#include <utility>

#include <ATen/CPUGeneratorImpl.h>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/random.hpp"
#include "xrayclf/explain/class_map.hpp"
#include "xrayclf/explain/heat.hpp"
#include "xrayclf/explain/perturbation.hpp"
#include "xrayclf/explain/pixel_gradients.hpp"
#include "xrayclf/model/weights.hpp"

namespace xrayclf {
namespace {

/// Whatever mode the caller is in, tensors made while this lives can enter a graph.
struct GraphsAllowed {
  c10::InferenceMode off{false};
  torch::AutoGradMode grad{true};
};

/// Parameters made in inference mode can enter no graph: then the network is built again around
/// copies of them.
std::shared_ptr<Network> fit_for_graphs(std::shared_ptr<Network> network,
                                        const torch::Device& device) {
  const auto state = state_of(*network);
  bool fit = true;
  for (const auto& entry : state) fit = fit && !entry.second.is_inference();
  if (fit) return network;
  auto copy = make_network(network->config());
  copy->to(device);
  const torch::NoGradGuard no_grad;
  for (auto& [name, value] : state_of(*copy)) value.copy_(state.at(name));
  return copy;
}

/// The same values, a leaf of any graph, on the device.
torch::Tensor fit_for_graphs(const torch::Tensor& values, const torch::Device& device) {
  const torch::Tensor moved = values.detach().to(device);
  return moved.is_inference() ? moved.clone() : moved;
}

std::vector<cv::Mat> to_mats(const torch::Tensor& maps) {
  const torch::Tensor packed = maps.to(torch::kCPU, torch::kFloat32).contiguous();
  std::vector<cv::Mat> out;
  for (std::int64_t i = 0; i < packed.size(0); ++i) {
    const torch::Tensor map = packed[i];
    out.push_back(cv::Mat(static_cast<int>(map.size(0)), static_cast<int>(map.size(1)), CV_32FC1,
                          map.data_ptr<float>())
                      .clone());
  }
  return out;
}

cv::Mat mirrored(const cv::Mat& map) {
  cv::Mat out(map.size(), map.type());
  for (int y = 0; y < map.rows; ++y) {
    for (int x = 0; x < map.cols; ++x) out.at<float>(y, x) = map.at<float>(y, map.cols - 1 - x);
  }
  return out;
}

}  // namespace

torch::Tensor Look::probabilities() const {
  return logits.detach().to(torch::kCPU, torch::kFloat64).softmax(1);
}

Explainer::Explainer(std::shared_ptr<Network> network, ExplainConfig config,
                     const torch::Device& device, Precision precision)
    : config_(std::move(config)), device_(device), precision_(precision) {
  const GraphsAllowed graphs;
  layer_ = find_target_layer(*network, config_.layer);
  if (!uses_activations(config_.method) && config_.layer != "auto") {
    throw ConfigError("layer must be auto for " + std::string(name_of(config_.method)) +
                      ", which works on the pixels");
  }
  network_ = fit_for_graphs(std::move(network), device);
  network_->eval();
}

Look Explainer::look(const torch::Tensor& input) const {
  const GraphsAllowed graphs;
  const PrecisionScope precision(precision_, device_);
  const torch::NoGradGuard no_grad;
  const torch::Tensor images = fit_for_graphs(input, device_);
  return look(images, network_->forward_units(images, 0, layer_.cut));
}

Look Explainer::look(const torch::Tensor& input, const torch::Tensor& map) const {
  const GraphsAllowed graphs;
  const PrecisionScope precision(precision_, device_);
  Look seen;
  seen.input = fit_for_graphs(input, device_);
  const bool differentiate = uses_gradient(config_.method);
  if (uses_activations(config_.method)) {
    seen.activations = fit_for_graphs(map, device_);
    if (differentiate) seen.activations.requires_grad_(true);
  }
  const torch::AutoGradMode grad(differentiate);
  const torch::Tensor last = network_->forward_units(
      seen.activations.defined() ? seen.activations : map, layer_.cut, network_->unit_count());
  seen.logits = network_->classify(network_->pool(last));
  return seen;
}

torch::Tensor Explainer::probabilities(const torch::Tensor& input) const {
  const torch::NoGradGuard no_grad;
  const PrecisionScope precision(precision_, device_);
  const torch::Tensor logits = network_->forward(input.to(device_));
  return logits.to(torch::kCPU, torch::kFloat64).softmax(1);
}

torch::Tensor Explainer::channels_of_image(const Look& look, std::int64_t image,
                                           std::int64_t cls) const {
  const torch::Tensor activations = look.activations.narrow(0, image, 1);
  const ScoredClass what{cls, config_.score, config_.passes};
  const torch::Tensor weights =
      config_.method == CamMethod::scorecam
          ? masked_scores(*network_, look.input.narrow(0, image, 1), activations, what).softmax(0)
          : ablation_weights(*network_, layer_.cut, activations, what);
  return activations.to(torch::kCPU, torch::kFloat64) * weights.view({1, -1, 1, 1});
}

torch::Tensor Explainer::channel_maps(const Look& look,
                                      const std::vector<std::int64_t>& classes) const {
  torch::Tensor channels;
  if (config_.method == CamMethod::scorecam || config_.method == CamMethod::ablationcam) {
    std::vector<torch::Tensor> images;
    for (std::size_t i = 0; i < classes.size(); ++i) {
      images.push_back(channels_of_image(look, static_cast<std::int64_t>(i), classes[i]));
    }
    channels = torch::cat(images);
  } else {
    torch::Tensor gradient;
    if (uses_gradient(config_.method)) {
      const torch::Tensor total = class_scores(look.logits, classes, config_.score).sum();
      // The graph stays: another class may be asked for.
      gradient = torch::autograd::grad({total}, {look.activations}, {}, true).at(0);
    }
    channels = weighted_channels(config_.method, look.activations.detach(), gradient);
  }
  const bool principal = config_.eigen_smooth || config_.method == CamMethod::eigencam ||
                         config_.method == CamMethod::eigengradcam;
  return principal ? principal_channel(channels) : sum_channels(channels);
}

torch::Tensor Explainer::pixel_maps(const Look& look,
                                    const std::vector<std::int64_t>& classes) const {
  if (config_.method == CamMethod::occlusion) {
    std::vector<torch::Tensor> maps;
    for (std::size_t i = 0; i < classes.size(); ++i) {
      maps.push_back(occlusion_map(*network_, look.input.narrow(0, static_cast<std::int64_t>(i), 1),
                                   {classes[i], config_.score, config_.passes}, config_.occlusion));
    }
    return torch::stack(maps);
  }
  // All three channels are the same grey: what a grey value does is the sum over them.
  if (config_.method == CamMethod::integrated_gradients) {
    return integrated_gradients(*network_, look.input, classes, config_.score,
                                gauss_legendre(config_.integration_steps))
        .sum(1);
  }
  const torch::Tensor range = look.input.amax({1, 2, 3}, true) - look.input.amin({1, 2, 3}, true);
  const auto noise = [&](std::int64_t sample) {
    // The same for every image, so that a map does not depend on its place in a batch.
    auto generator = at::detail::createCPUGenerator(derive_seed(
        static_cast<std::uint64_t>(config_.seed), {static_cast<std::uint64_t>(sample)}));
    const torch::Tensor drawn = torch::randn(look.input.sizes().slice(1), generator);
    return drawn.to(look.input.device()) * range * config_.smoothgrad.noise;
  };
  return smooth_gradients(*network_, look.input, classes, config_.score, config_.smoothgrad.samples,
                          noise)
      .sum(1)
      .abs();  // a gradient's sign says which way, not whether, a pixel matters
}

torch::Tensor Explainer::raw_maps(const Look& look,
                                  const std::vector<std::int64_t>& classes) const {
  const GraphsAllowed graphs;
  const PrecisionScope precision(precision_, device_);
  if (static_cast<std::int64_t>(classes.size()) != look.input.size(0)) {
    throw std::logic_error("one class an image is wanted");
  }
  for (const std::int64_t c : classes) {
    if (c < 0 || c >= look.logits.size(1)) throw std::logic_error("no such class");
  }
  const torch::Tensor maps =
      uses_activations(config_.method) ? channel_maps(look, classes) : pixel_maps(look, classes);
  return maps.detach().to(torch::kCPU, torch::kFloat64);
}

std::vector<ClassMap> Explainer::maps(const Look& seen,
                                      const std::vector<std::int64_t>& classes) const {
  const cv::Size size(static_cast<int>(seen.input.size(3)), static_cast<int>(seen.input.size(2)));
  std::vector<ClassMap> out(classes.size());
  const auto add = [&](const Look& view, bool mirror, double share) {
    const std::vector<cv::Mat> raws = to_mats(raw_maps(view, classes));
    for (std::size_t i = 0; i < raws.size(); ++i) {
      const cv::Mat raw = mirror ? mirrored(raws[i]) : raws[i];
      const cv::Mat heat = heat_of(raw, size, config_.normalisation);
      out[i].raw = out[i].raw.empty() ? cv::Mat(raw * share) : cv::Mat(out[i].raw + raw * share);
      out[i].heat =
          out[i].heat.empty() ? cv::Mat(heat * share) : cv::Mat(out[i].heat + heat * share);
    }
  };
  if (!config_.aug_smooth) {
    add(seen, false, 1.0);
    return out;
  }
  // As pytorch-grad-cam: mirrored or not, times a factor.
  for (const bool mirror : {false, true}) {
    const torch::Tensor input = mirror ? seen.input.flip(3) : seen.input;
    for (const double factor : {0.9, 1.0, 1.1}) add(look(input * factor), mirror, 1.0 / 6.0);
  }
  return out;
}

}  // namespace xrayclf
