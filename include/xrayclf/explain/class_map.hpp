#pragma once

#include <torch/torch.h>

#include "xrayclf/explain/config.hpp"

/// The CAM family as functions of a layer's activations A and the score's gradient G in them, both
/// [N, C, h, w]. Formulas as pytorch-grad-cam 1.5.7 computes them, in float64 inside.
namespace xrayclf {

/// Whether the method is made of activations and, of these, needs their gradient too.
bool uses_activations(CamMethod method);
bool uses_gradient(CamMethod method);

/// The channels as they enter the map, [N, C, h, w], float64. With S_k the sum of A_k over the map:
///   gradcam            mean(G_k) A_k                            Selvaraju et al. 2017
///   gradcam++          sum(max(G, 0) a) A_k,                    Chattopadhay et al. 2018
///                      a = G^2 / (2 G^2 + S_k G^3 + 1e-6), 0 where G = 0
///   hirescam           G A                                      Draelos and Carin 2020
///   xgradcam           sum(G A / (S_k + 1e-7)) A_k              Fu et al. 2020
///   layercam           max(G, 0) A                              Jiang et al. 2021
///   eigencam           A                                        Muhammad and Yeasin 2020
///   eigengradcam       G A
/// `gradient` may be undefined where the method uses none. Throws std::logic_error for other
/// methods.
torch::Tensor weighted_channels(CamMethod method, const torch::Tensor& activations,
                                const torch::Tensor& gradient);

/// [N, C, h, w] -> [N, h, w]: the sum over channels.
torch::Tensor sum_channels(const torch::Tensor& channels);

/// [N, C, h, w] -> [N, h, w]: positions as rows, channels as columns, columns centred; the rows'
/// projection on the first principal axis. Its sign is free (LAPACK's is arbitrary); it is taken so
/// that the map does not fall where the sum over channels rises.
torch::Tensor principal_channel(const torch::Tensor& channels);

}  // namespace xrayclf
