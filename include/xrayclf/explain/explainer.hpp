#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <torch/torch.h>

#include <opencv2/core.hpp>

#include "xrayclf/explain/config.hpp"
#include "xrayclf/explain/target_layer.hpp"
#include "xrayclf/model/network.hpp"
#include "xrayclf/model/precision.hpp"

namespace xrayclf {

/// What speaks for a class, and where.
struct ClassMap {
  cv::Mat raw;   ///< CV_32FC1, signed, of the layer's size (of the input's for pixel methods)
  cv::Mat heat;  ///< CV_32FC1, normalised, of the input's size
};

/// One run of the network over a batch; every class is then explained from it.
struct Look {
  torch::Tensor input;        ///< [N, 3, H, W]
  torch::Tensor activations;  ///< [N, C, h, w] of the target layer; undefined for pixel methods
  torch::Tensor logits;       ///< [N, classes]; may hold a graph back to `activations`

  /// Softmax of the logits, [N, classes], float64 on the CPU.
  torch::Tensor probabilities() const;
};

/// Explains what a network sees.
///
/// What stands before the target layer runs without a graph. At the last feature map only the head
/// is differentiated, no convolution; so Grad-CAM and its kin cost little more than a forward pass.
/// The network's parameters may be frozen, made in inference mode, or trainable: no gradient of
/// theirs is computed.
class Explainer {
 public:
  /// Puts the network into evaluation mode; it must be on `device`. Throws ConfigError for a layer
  /// that is not there, or one given to a method that has none.
  Explainer(std::shared_ptr<Network> network, ExplainConfig config,
            const torch::Device& device = torch::kCPU, Precision precision = Precision::float32);

  /// Images [N, 3, H, W], on any device, as the network wants them (model/input.hpp).
  Look look(const torch::Tensor& input) const;
  /// The same where the map of the units before layer().cut is known.
  Look look(const torch::Tensor& input, const torch::Tensor& map) const;
  /// Class probabilities alone, [N, classes], float64 on the CPU.
  torch::Tensor probabilities(const torch::Tensor& input) const;

  /// The maps of one class an image. Throws std::logic_error for a class that there is not.
  std::vector<ClassMap> maps(const Look& look, const std::vector<std::int64_t>& classes) const;
  /// Their raw values before any normalisation, [N, h, w], float64 on the CPU, without aug_smooth.
  torch::Tensor raw_maps(const Look& look, const std::vector<std::int64_t>& classes) const;

  const ExplainConfig& config() const { return config_; }
  const TargetLayer& layer() const { return layer_; }
  Network& network() const { return *network_; }

 private:
  torch::Tensor channel_maps(const Look& look, const std::vector<std::int64_t>& classes) const;
  torch::Tensor pixel_maps(const Look& look, const std::vector<std::int64_t>& classes) const;
  torch::Tensor channels_of_image(const Look& look, std::int64_t image, std::int64_t cls) const;

  std::shared_ptr<Network> network_;
  ExplainConfig config_;
  TargetLayer layer_;
  torch::Device device_;
  Precision precision_;
};

}  // namespace xrayclf
