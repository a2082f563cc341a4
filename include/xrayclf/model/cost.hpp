#pragma once

#include <cstdint>

#include <torch/torch.h>

#include "xrayclf/model/network.hpp"

namespace xrayclf {

/// Numbers in a module's parameters. The running statistics of batch normalisations are not among
/// them.
int64_t parameter_count(const torch::nn::Module& module);

/// Numbers in running means and variances, which Keras counts as parameters that are not trained.
int64_t statistics_count(const torch::nn::Module& module);

/// Multiply-additions of the convolutions and linear layers for one image of `side` x `side`
/// pixels, counted by the shapes that really occur; nothing is computed. Leaves the network in
/// evaluation mode.
int64_t multiply_adds(Network& network, int64_t side);

/// Time of a forward pass.
struct Latency {
  double median_ms = 0.0;
  double fastest_ms = 0.0;
  double slowest_ms = 0.0;
};

/// Of `batch` images of `side` x `side` on the network's device, after two passes that do not
/// count; the threads are torch's. Leaves the network in evaluation mode.
Latency measure_latency(Network& network, int64_t side, int64_t batch = 1, int64_t passes = 10);

}  // namespace xrayclf
