#pragma once

#include <cstdint>
#include <vector>

#include <torch/torch.h>

#include "xrayclf/explain/config.hpp"
#include "xrayclf/model/network.hpp"

/// Methods that change something and look what becomes of the score. They take one image, run the
/// network forward only, and hold at most `passes` changed copies at a time.
namespace xrayclf {

/// The number that is explained, one an image: logits [N, classes] -> [N].
torch::Tensor class_scores(const torch::Tensor& logits, const std::vector<std::int64_t>& classes,
                           CamScore score);

/// What a perturbation is measured on.
struct ScoredClass {
  std::int64_t index = 0;
  CamScore score = CamScore::logit;
  std::int64_t passes = 32;
};

/// Score-CAM (Wang et al. 2020): the score of the input under each channel of `activations`
/// [1, C, h, w] as a mask, enlarged (bilinear, corners aligned) and scaled to [0, 1]; [C]. The
/// channels' weights are the softmax of these. `input` is [1, 3, H, W].
torch::Tensor masked_scores(Network& network, const torch::Tensor& input,
                            const torch::Tensor& activations, const ScoredClass& what);

/// Ablation-CAM (Ramaswamy and Desai 2020): the relative fall (s - s_k) / s of the score when
/// channel k of `activations` [1, C, h, w], the output of the units before `cut`, is set to 0; [C].
/// (pytorch-grad-cam 1.5.7 instead sets it far below the activations' minimum where that is not 0,
/// as behind SiLU, which makes the weights depend on its batch size.) s = 0 gives weights of 0.
torch::Tensor ablation_weights(Network& network, std::int64_t cut, const torch::Tensor& activations,
                               const ScoredClass& what);

/// Occlusion (Zeiler and Fergus 2014): the score's fall when a square of the input [1, 3, H, W] is
/// set to 0, the mean grey, averaged over the squares that cover a pixel; [H, W], float64.
torch::Tensor occlusion_map(Network& network, const torch::Tensor& input, const ScoredClass& what,
                            const OcclusionConfig& config);

}  // namespace xrayclf
