// One measurement a line of standard input, its seconds a line of standard output, so that
// scripts/benchmark.py can take turns between this program and its peers in one run:
//
//   preprocess DIR         decode, CLAHE, resize to 224 and encode as PNG every image below DIR, on
//                          one core
//   forward NETWORK float32|bfloat16 BATCH REPEATS
//                          so many batches of 224 x 224 images to logits, on all cores
//   gradcam BATCH REPEATS  so many batches of 224 x 224 images to Grad-CAM overlays by B4
//   cached_epoch IMAGES    a phase-1 epoch on cached features: the head alone
//   train NETWORK PART VIEWS EPOCHS IMAGES
//                          so many epochs on images in memory, augmented as the study does, 32 a
//                          step, where PART (of --open.part) and the study's head are trained; with
//                          VIEWS cached views of the frozen part, or fresh ones for 0
//   kernel ...             one call of a kernel on one core; see kernel_benchmark.hpp
#include <chrono>
#include <functional>
#include <iostream>
#include <map>
#include <numeric>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <torch/torch.h>
#include <opencv2/core.hpp>

#include "kernel_benchmark.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/memory.hpp"
#include "xrayclf/core/parallel.hpp"
#include "xrayclf/explain/image_explainer.hpp"
#include "xrayclf/image/codec.hpp"
#include "xrayclf/image/preprocess.hpp"
#include "xrayclf/inference/engine.hpp"
#include "xrayclf/inference/features.hpp"
#include "xrayclf/inference/image_inputs.hpp"
#include "xrayclf/model/architecture.hpp"
#include "xrayclf/training/fresh_examples.hpp"
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

std::vector<cv::Mat> noise(std::int64_t count) {
  std::vector<cv::Mat> images;
  for (std::int64_t i = 0; i < count; ++i) {
    cv::Mat& image = images.emplace_back(224, 224, CV_8UC1);
    cv::randu(image, 0, 256);
  }
  return images;
}

std::shared_ptr<Network> frozen(const std::string& architecture) {
  NetworkConfig config;
  config.architecture = architecture;
  auto network = make_network(config);
  network->eval();
  return network;
}

class Benchmark {
 public:
  Benchmark() : network_(make_network(NetworkConfig{})) { open_network(*network_, {}); }

  double forward(const std::string& architecture, Precision precision, std::int64_t batch,
                 std::int64_t repeats) {
    Forward& one = engines_[{architecture, precision}];
    if (!one.engine) {
      one.network = frozen(architecture);
      one.engine = make_engine(*one.network, find_architecture(architecture).input,
                               {.precision = precision});
      std::cerr << architecture << ": " << one.engine->description() << '\n';
    }
    const std::vector<cv::Mat> images = noise(batch);
    return seconds_of([&] {
      for (std::int64_t i = 0; i < repeats; ++i) one.engine->logits(images);
    });
  }

  double gradcam(std::int64_t batch, std::int64_t repeats) {
    if (!explainer_) {
      const auto network = frozen("efficientnet_b4");
      const InputSpec& input = find_architecture("efficientnet_b4").input;
      explainer_.emplace(Explainer(network, ExplainConfig{}), PreprocessConfig{}, input,
                         make_engine(*network, input, {}));
    }
    const std::vector<cv::Mat> images = noise(batch);
    const std::vector<std::int64_t> classes(images.size(), 0);
    return seconds_of([&] {
      for (std::int64_t i = 0; i < repeats; ++i) {
        const auto maps = explainer_->explainer().maps(explainer_->look(images), classes);
        parallel_for(batch, 0, [&](std::int64_t k) {
          const auto at = static_cast<std::size_t>(k);
          draw_overlay(images[at], maps[at].heat, OverlayConfig{});
        });
      }
    });
  }

  double cached_epoch(std::int64_t images) {
    const torch::Tensor rows = torch::randn({images, network_->feature_channels()});
    return seconds_of([&] { train_head(rows); });
  }

  double train(const std::string& architecture, OpenPart part, std::int64_t views,
               std::int64_t epochs, std::int64_t count) {
    const auto network = frozen(architecture);
    const InputSpec& input = find_architecture(architecture).input;
    const std::vector<cv::Mat> images = noise(count);
    const auto image = [&](std::int64_t i) { return images[static_cast<std::size_t>(i)]; };
    PhaseConfig phase;
    phase.epochs = epochs;
    phase.augment.preset = AugmentPreset::keras_image_data_generator;
    const Augmenter augmenter(phase.augment);
    phase.open.part = part;
    const Opening opening = open_network(*network, phase.open);
    return seconds_of([&] {
      std::unique_ptr<Examples> examples;
      if (views > 0) {
        const auto view = [&](std::int64_t row) {
          return augmenter.view(image(row % count), 1, row / count, row % count);
        };
        examples = std::make_unique<CachedExamples>(
            prefix_outputs(*network, opening.cut, input, views * count, view, {}), classes(count));
      } else {
        examples = std::make_unique<FreshExamples>(*network, opening.cut, input, classes(count),
                                                   image, augmenter, 1, PrefixOptions{});
      }
      fit(*network, opening, phase, opening.cut, *examples);
    });
  }

 private:
  static std::vector<std::int64_t> classes(std::int64_t count) {
    std::vector<std::int64_t> targets(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < targets.size(); ++i) targets[i] = static_cast<std::int64_t>(i % 3);
    return targets;
  }

  /// Validates on three of the examples, as any epoch ends with a validation.
  static void fit(Network& network, const Opening& opening, const PhaseConfig& phase,
                  std::int64_t inputs_from, Examples& examples) {
    CachedExamples validation(examples.inputs(0, {0, 1, 2}), {0, 1, 2});
    TrainerOptions options;
    options.phase = phase;
    options.inputs_from = inputs_from;
    Trainer trainer(network, opening, options, {});
    trainer.fit(examples, validation, [](std::int64_t i) { return std::to_string(i); });
  }

  void train_head(const torch::Tensor& rows) {
    CachedExamples train(rows, classes(rows.size(0)));
    PhaseConfig phase;
    phase.epochs = 1;
    fit(*network_, open_network(*network_, {}), phase, network_->unit_count(), train);
  }

  struct Forward {
    std::shared_ptr<Network> network;
    std::unique_ptr<Engine> engine;
  };

  std::shared_ptr<Network> network_;
  std::map<std::pair<std::string, Precision>, Forward> engines_;
  std::optional<ImageExplainer> explainer_;
};

/// Throws ConfigError for a line that is no measurement.
double measure(Benchmark& benchmark, const std::string& line) {
  std::istringstream words(line);
  std::string what, name, precision, part;
  std::int64_t count = 0, repeats = 0;
  words >> what;
  if (what == "kernel") return kernel_seconds(words);
  if (what == "preprocess" && words >> name) {
    return seconds_of([&] { preprocess_directory(name); });
  }
  if (what == "forward" && words >> name >> precision >> count >> repeats) {
    return benchmark.forward(
        name, precision == "bfloat16" ? Precision::bfloat16 : Precision::float32, count, repeats);
  }
  if (what == "gradcam" && words >> count >> repeats) return benchmark.gradcam(count, repeats);
  if (what == "cached_epoch" && words >> count) return benchmark.cached_epoch(count);
  std::int64_t views = 0;
  if (what == "train" && words >> name >> part >> views >> repeats >> count) {
    return benchmark.train(name, enum_from_name<OpenPart>(part, "PART"), views, repeats, count);
  }
  throw ConfigError("no measurement: " + line);
}

int run() {
  Benchmark benchmark;
  cv::setNumThreads(1);
  for (std::string line; std::getline(std::cin, line);) {
    try {
      std::cout << measure(benchmark, line) << std::endl;
    } catch (const Error& error) {
      std::cerr << error.what() << '\n';
      return 2;
    }
  }
  return 0;
}

}  // namespace
}  // namespace xrayclf

int main() {
  xrayclf::keep_freed_memory();
  return xrayclf::run();
}
