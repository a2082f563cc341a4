// One measurement a line of standard input, its seconds a line of standard output, so that
// scripts/benchmark.py can take turns between this program and its peers in one run:
//
//   preprocess DIR        decode, CLAHE, resize to 224 and encode as PNG every image below DIR, on
//   one core forward BATCH         one forward pass of EfficientNet-B4 at 224 x 224 on all cores
//   epoch IMAGES          a phase-1 epoch from images to steps: features of the frozen B4, then the
//   head cached_epoch IMAGES   a phase-1 epoch on cached features: the head alone
#include <chrono>
#include <functional>
#include <iostream>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include <torch/torch.h>
#include <opencv2/core.hpp>

#include "xrayclf/image/codec.hpp"
#include "xrayclf/image/preprocess.hpp"
#include "xrayclf/inference/features.hpp"
#include "xrayclf/inference/image_inputs.hpp"
#include "xrayclf/model/architecture.hpp"
#include "xrayclf/training/trainer.hpp"

namespace xrayclf {
namespace {

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void preprocess_directory(const std::string& directory) {
  const Preprocessor prepare{PreprocessConfig{}};
  std::istringstream none;
  for_each_image({directory}, none, [&](const std::filesystem::path& path) {
    encode_png(prepare(read_image(path).grey));
    return true;
  });
}

class Benchmark {
 public:
  Benchmark() : network_(make_network(NetworkConfig{})) { open_network(*network_, {}); }

  double forward(std::int64_t batch) {
    const c10::InferenceMode inference;
    const torch::Tensor images = torch::randn({batch, 3, 224, 224});
    return seconds_of([&] { network_->forward(images); });
  }

  double epoch(std::int64_t images) {
    return seconds_of([&] {
      const cv::Mat image(224, 224, CV_8UC1, cv::Scalar(128));
      train_head(prefix_outputs(*network_, network_->unit_count(),
                                find_architecture("efficientnet_b4").input, images,
                                [&](std::int64_t) { return image; }, {}));
    });
  }

  double cached_epoch(std::int64_t images) {
    const torch::Tensor rows = torch::randn({images, network_->feature_channels()});
    return seconds_of([&] { train_head(rows); });
  }

 private:
  void train_head(const torch::Tensor& rows) {
    std::vector<std::int64_t> targets(static_cast<std::size_t>(rows.size(0)));
    for (std::size_t i = 0; i < targets.size(); ++i) targets[i] = static_cast<std::int64_t>(i % 3);
    CachedExamples train(rows, targets);
    CachedExamples validation(rows.narrow(0, 0, 3), {0, 1, 2});
    TrainerOptions options;
    options.phase.epochs = 1;
    options.inputs_from = network_->unit_count();
    Trainer trainer(*network_, open_network(*network_, {}), options, {});
    trainer.fit(train, validation, [](std::int64_t i) { return std::to_string(i); });
  }

  std::shared_ptr<Network> network_;
};

int run() {
  Benchmark benchmark;
  cv::setNumThreads(1);
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string what, argument;
    words >> what >> argument;
    double seconds = 0;
    if (what == "preprocess")
      seconds = seconds_of([&] { preprocess_directory(argument); });
    else if (what == "forward")
      seconds = benchmark.forward(std::stoll(argument));
    else if (what == "epoch")
      seconds = benchmark.epoch(std::stoll(argument));
    else if (what == "cached_epoch")
      seconds = benchmark.cached_epoch(std::stoll(argument));
    else
      return 2;
    std::cout << seconds << std::endl;
  }
  return 0;
}

}  // namespace
}  // namespace xrayclf

int main() { return xrayclf::run(); }
