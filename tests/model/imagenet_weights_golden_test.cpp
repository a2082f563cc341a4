#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "support/formula_weights.hpp"
#include "support/golden_models.hpp"
#include "xrayclf/core/cache_directory.hpp"
#include "xrayclf/core/json_file.hpp"
#include "xrayclf/core/sha256.hpp"
#include "xrayclf/model/safetensors.hpp"
#include "xrayclf/model/weights.hpp"

/// Whole chain of the pretrained weights, from the publisher's file to logits: conversion, loader,
/// network and normalisation, against the publisher's own code (make_lite_imagenet_logits.py).
/// Needs the weights that scripts/get_weights.sh installs.
namespace xrayclf {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Largest difference of logits / largest |logit|; the publisher's own float32 differs by 2e-6 from
/// its float64.
constexpr double kTolerance = 2e-5;

/// The formula of the golden file: blocks of 16 pixels under finer noise.
cv::Mat pattern(int size) {
  const std::uint64_t coarse = testing::fnv1a64("lite_imagenet/coarse");
  const std::uint64_t fine = testing::fnv1a64("lite_imagenet/fine");
  cv::Mat image(size, size, CV_8UC1);
  for (int y = 0; y < size; ++y) {
    for (int x = 0; x < size; ++x) {
      const auto at = [](std::uint64_t base, int row, int column) {
        return testing::splitmix64(base + static_cast<std::uint64_t>(row * 1024 + column)) >> 56;
      };
      image.at<uchar>(y, x) =
          static_cast<uchar>((3 * at(coarse, y / 16, x / 16) + at(fine, y, x)) / 4);
    }
  }
  return image;
}

json golden() { return read_json_file(XRAYCLF_TEST_DATA "/golden/lite_imagenet_logits.json"); }

std::string pixels_sha256(const cv::Mat& image) {
  return sha256_hex({reinterpret_cast<const char*>(image.data), image.total()});
}

/// load_pretrained() leaves the file's classifier, which knows the 1000 classes of ImageNet.
void copy_classifier(const fs::path& path, Network& network) {
  const SafetensorsFile file(path);
  const torch::NoGradGuard no_grad;
  for (const auto& [name, value] : state_of(network)) {
    if (!name.starts_with("classifier.")) continue;
    for (const TensorEntry& entry : file.header().tensors) {
      if (entry.name != name) continue;
      ASSERT_EQ(entry.shape, value.sizes().vec());
      file.read(entry, value.data_ptr<float>());
    }
  }
}

std::vector<int64_t> best_five(const torch::Tensor& logits) {
  const torch::Tensor indices = std::get<1>(logits.topk(5));
  return {indices.data_ptr<int64_t>(), indices.data_ptr<int64_t>() + 5};
}

class ImagenetWeightsGoldenTest : public ::testing::TestWithParam<int> {};

TEST_P(ImagenetWeightsGoldenTest, LogitsEqualThePublishersOwn) {
  const json network_golden = golden().at("networks").at(static_cast<size_t>(GetParam()));
  const std::string architecture = network_golden.at("architecture");
  const fs::path path = installed_weights(architecture);
  if (!fs::exists(path))
    GTEST_SKIP() << "scripts/get_weights.sh " << architecture << " was not run";

  const WeightsRecord record = read_weights_record(path);
  ASSERT_EQ(record.architecture, architecture);
  ASSERT_EQ(record.source_sha256, network_golden.at("source_sha256"));
  NetworkConfig config;
  config.architecture = architecture;
  config.flavour = record.flavour;
  config.head = HeadKind::linear;
  config.num_classes = 1000;
  const auto network = make_network(config);
  load_pretrained(*network, path);
  copy_classifier(path, *network);
  network->eval();

  const torch::NoGradGuard no_grad;
  for (const json& test : network_golden.at("cases")) {
    const std::string name = test.at("image");
    SCOPED_TRACE(name + " at " + std::to_string(test.at("size").get<int>()));
    cv::Mat image;
    if (name == "pattern") {
      image = pattern(test.at("size"));
      ASSERT_EQ(pixels_sha256(image), test.at("pixels_sha256"));
    } else {
      const auto real = testing::read_golden_pgm(fs::path(name).filename().string());
      // The X-ray is not in the repository, and other golden sets have another.
      if (!real || pixels_sha256(*real) != test.at("pixels_sha256")) continue;
      image = *real;
    }
    const torch::Tensor logits = network->forward(to_input({image}, record.input))[0];
    const torch::Tensor expected = torch::tensor(test.at("logits").get<std::vector<float>>());
    const double scale = expected.abs().max().item<double>();
    EXPECT_LT((logits - expected).abs().max().item<double>() / scale, kTolerance);
    EXPECT_EQ(best_five(logits), test.at("top5").get<std::vector<int64_t>>());
  }
}

INSTANTIATE_TEST_SUITE_P(Lite, ImagenetWeightsGoldenTest, ::testing::Range(0, 3));

}  // namespace
}  // namespace xrayclf
