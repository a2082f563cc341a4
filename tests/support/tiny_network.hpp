#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <torch/torch.h>

#include <opencv2/core.hpp>

#include "xrayclf/model/network.hpp"

/// A network and images small enough for tests of what goes on around them.
namespace xrayclf::testing {

inline constexpr int kTinySide = 32;

inline NetworkConfig tiny_config(int64_t num_classes = 3, HeadKind head = HeadKind::study) {
  NetworkConfig config;
  config.architecture = "efficientnet_lite0";
  config.flavour = Flavour::tf;
  config.head = head;
  config.num_classes = num_classes;
  return config;
}

/// The smallest architecture there is with seeded random weights, in training mode.
inline std::shared_ptr<Network> tiny_network(int64_t num_classes = 3,
                                             HeadKind head = HeadKind::study, uint64_t seed = 1) {
  torch::manual_seed(seed);
  return make_network(tiny_config(num_classes, head));
}

/// An 8-bit grey image of diagonal waves; another for each `index`.
inline cv::Mat tiny_image(int index = 0, int side = kTinySide) {
  cv::Mat image(side, side, CV_8UC1);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      image.at<uchar>(y, x) = static_cast<uchar>((x * (3 + index) + y * 5 + x * y / 7) % 256);
    }
  }
  return image;
}

/// Sets the statistics of all batch normalisations to those of a few tiny images. Without it a
/// fresh network's signal dies on the way in evaluation mode, because its statistics are still 0
/// and 1.
inline void calibrate(Network& network) {
  const torch::NoGradGuard no_grad;
  for (const auto& module : network.modules()) {
    if (auto* norm = module->as<torch::nn::BatchNorm2d>()) norm->options.momentum(1.0);
    if (auto* norm = module->as<torch::nn::BatchNorm1d>()) norm->options.momentum(1.0);
  }
  std::vector<cv::Mat> images;
  for (int i = 0; i < 8; ++i) images.push_back(tiny_image(i));
  network.train();
  network.forward(to_input(images, {}));
}

}  // namespace xrayclf::testing
